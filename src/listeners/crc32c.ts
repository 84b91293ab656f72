/** The Castagnoli polynomial, its bits in reverse order. */
const POLYNOMIAL = 0x82f63b78;

/** What each half of a byte does to the checksum. */
const TABLE = Uint32Array.from({ length: 16 }, (_, half) => {
  let remainder = half;
  for (let bit = 0; bit < 4; bit++) {
    remainder = remainder >>> 1 ^ (remainder & 1 ? POLYNOMIAL : 0);
  }
  return remainder;
});

/** Computes the CRC-32C of bytes, as in RFC 4960, Appendix B. */
export function crc32c(bytes: Uint8Array): number {
  let checksum = ~0;
  for (const byte of bytes) {
    checksum ^= byte;
    checksum = checksum >>> 4 ^ TABLE[checksum & 15]!;
    checksum = checksum >>> 4 ^ TABLE[checksum & 15]!;
  }
  return ~checksum >>> 0;
}
