/** A mistake of the caller: told in one line. */
export class Misuse extends Error {}
