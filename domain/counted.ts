/** `1 video`, `2 videos`. @param show writes the number, e.g. with its thousands set apart */
export function counted(n: number, noun: string, show: (n: number) => string = String): string {
  return `${show(n)} ${noun}${n === 1 ? '' : 's'}`;
}
