// The least page that talks: everything that happens is written into `events`.
import { Talk } from "/static/talk/talk.js";
import { Anchor } from "/static/talk/anchor.js";
import { Gate } from "/static/talk/gate.js";
import { Resampler } from "/static/talk/resample.js";
import { decodeSpeech, encodeAudio } from "/static/talk/wire.js";

window.events = [];
document.body.append(Object.assign(document.createElement("input"), { id: "field" }));

window.make = (options) => {
  const talk = new Talk(options);
  const kinds = [
    "connection", "state", "partial", "transcript", "reply", "deed", "done", "begun", "refused", "playing",
    "played", "bargein", "wake", "sound", "fresh", "figures", "problem", "note",
  ];
  for (const kind of kinds) {
    talk.addEventListener(kind, ({ detail }) => window.events.push({ ...detail, ofKind: detail.kind, kind, at: performance.now() }));
  }
  talk.addEventListener("level", ({ detail }) => {
    window.loudest = Math.max(window.loudest || 0, detail.loudspeaker);
    window.heard = Math.max(window.heard || 0, detail.microphone);
  });
  window.talk = talk;
  return talk;
};
window.of = (kind) => window.events.filter((event) => event.kind === kind);

const rms = (all) => Math.sqrt(all.reduce((sum, one) => sum + one * one, 0) / all.length);
const tone = (hz, rate, count) => Float32Array.from({ length: count }, (_, i) => Math.sin((2 * Math.PI * hz * i) / rate));

/** A second of each tone through each pair of rates: how loud it is then, and how far from what it should be. */
window.fit = (rates, tones) =>
  rates.flatMap(([from, to]) =>
    tones.map((hz) => {
      const resampler = new Resampler(from, to);
      const source = tone(hz, from, from);
      const pieces = [];
      for (let at = 0; at < from; at += 128) pieces.push(...resampler.process(source.subarray(at, at + 128)));
      pieces.push(...resampler.finish());
      const middle = pieces.slice(1000, -1000);
      const wanted = tone(hz, to, pieces.length).slice(1000, -1000);
      const off = rms(middle.map((one, i) => one - wanted[i]));
      return { from, to, hz, count: pieces.length, rms: rms(middle), off };
    }),
  );
window.encoded = (n, clockMs, samples) => [...new Uint8Array(encodeAudio(n, clockMs, Int16Array.from(samples)))];
window.decoded = (bytes) => {
  const piece = decodeSpeech(Uint8Array.from(bytes).buffer);
  return { ...piece, pcm: [...piece.pcm] };
};
/** Frames of 20 ms that are seen so late: when each began, after the first, on the page's clock. */
window.anchored = (late) => {
  const anchor = new Anchor();
  return late.map((ms, i) => {
    anchor.see(i * 20, 1000 + i * 20 + ms);
    return anchor.ms + i * 20 - 1000;
  });
};
window.gated = (frames) => {
  const gate = new Gate();
  let heard = "";
  for (const [microphone, loudspeaker] of frames) {
    gate.plays(loudspeaker);
    heard = gate.hear(microphone);
  }
  return heard;
};
