/**
 * A parameter as it came with a request or a file of settings. Objects are maps: no key is special, and none is lost.
 * Numbers keep their sign at zero.
 */
export type ParamValue = null | boolean | number | string | readonly ParamValue[] | ParamMap;
export type ParamMap = ReadonlyMap<string, ParamValue>;
