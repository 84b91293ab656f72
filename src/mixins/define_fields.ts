/**
 * Defines fields as a class does: they hide what a base has under their names,
 * be it a getter, where an assignment would fail.
 */
export function defineFields(server: object, fields: object): void {
  for (const [name, value] of Object.entries(fields)) {
    Object.defineProperty(server, name, {
      value,
      writable: true,
      enumerable: true,
      configurable: true,
    });
  }
}
