/** Recognises bytes of TLS at the beginning of a record. A frame of ZooKeeper would be 300 MB long. */
export function speaksTls(bytes: Buffer): boolean {
  return bytes.length >= 2 && bytes[0]! >= 0x14 && bytes[0]! <= 0x17 && bytes[1] === 3
}
