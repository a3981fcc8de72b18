/**
 * Items of the checklist of test clusters (1 to 76) that have no test here, and why; every other one has at least one test called
 * `item N: …`.
 */
export const leftOut: Readonly<Record<number, string>> = {
  44: "docker-compose.yml comes with the compose driver",
  53: "one compose file for docker and podman comes with the compose driver",
  54: "limits on containers come with the compose driver",
};

/** Items of which a part is tested now, and what the rest waits for. */
export const halves: Readonly<Record<number, string>> = {
  12: "off by default, and refused with the reason when asked for; Pyxis comes with the compose driver",
  21: "`--ci` is accepted and its output plain; cached image builds come with the compose driver",
  24: "processes, ports and files; containers and volumes come with the compose driver",
  34: "a native cluster lets its user in by key; the user and password `slurm` come with the compose driver",
  40: "the registry; Pyxis is left out with a note until the compose driver comes",
  48: "no plugstack.conf without Pyxis; with it, `src/slurm/config` writes one",
};
