/** The variable that hands on what `startShare` gives to the processes of a test run. */
export const shareVariable = "SLUICE_TEST_SHARE";
