// Frames of a talk, byte for byte as docs/talk-protocol.md says. Pure.

export const VERSION = 1;
export const RATE_HZ = 16000;
export const FRAME_MS = 20;
export const HEAD_BYTES = 12;
const AUDIO = 1;
const SPEECH = 2;

/** A piece of the microphone. `pcm` is an Int16Array at 16 kHz; `clockMs` when its first sample was. */
export function encodeAudio(n, clockMs, pcm) {
  const frame = new ArrayBuffer(HEAD_BYTES + pcm.byteLength);
  const head = new DataView(frame);
  head.setUint8(0, AUDIO);
  head.setUint32(4, n >>> 0, true);
  head.setUint32(8, Math.round(clockMs) >>> 0, true);
  new Int16Array(frame, HEAD_BYTES).set(pcm);
  return frame;
}

/** A piece of speech: {n, turn, rateHz, pcm: Int16Array}; null when it is none. */
export function decodeSpeech(frame) {
  if (frame.byteLength < HEAD_BYTES || (frame.byteLength - HEAD_BYTES) % 2) return null;
  const head = new DataView(frame);
  if (head.getUint8(0) !== SPEECH) return null;
  return {
    n: head.getUint32(4, true),
    turn: head.getUint32(8, true),
    rateHz: head.getUint16(2, true),
    pcm: new Int16Array(frame, HEAD_BYTES),
  };
}
