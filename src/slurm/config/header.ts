/** The first lines of every generated file; `man` is the page of the manual that describes it. */
export function header(cluster: string, man: string): readonly string[] {
  return [
    `# ${man} of the test cluster ${cluster}, written by \`sluice cluster create\`.`,
    "# It is yours to edit: what you change here stays, and takes effect at the next `sluice cluster start`.",
  ];
}
