/**
 * Has the reset of a connection look like its end to whoever reads, or asks by a
 * write of nothing whether the other side is lost.
 *
 * HAProxy ends a health check by a reset, of which nobody wants to be told.
 */
export function endWhereReset(connection: Deno.Conn): void {
  const { read, write } = connection;
  connection.read = (buffer) =>
    read.call(connection, buffer).catch((error) => orIfReset(error, null));
  connection.write = (data) => {
    const writing = write.call(connection, data);
    return data.length > 0
      ? writing
      : writing.catch((error) => orIfReset(error, 0));
  };
}

function orIfReset<T>(error: unknown, otherwise: T): T {
  if (error instanceof Deno.errors.ConnectionReset) return otherwise;
  throw error;
}
