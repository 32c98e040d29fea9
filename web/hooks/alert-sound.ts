/** Two short tones for a firing alert. Silent until the browser allows sound: a click allows it. */
export function playAlertSound(): void {
  try {
    const audio = new AudioContext();
    const gain = audio.createGain();
    gain.gain.value = 0.06;
    gain.connect(audio.destination);
    [660, 880].forEach((frequency, index) => {
      const tone = audio.createOscillator();
      tone.frequency.value = frequency;
      tone.connect(gain);
      tone.start(audio.currentTime + index * 0.16);
      tone.stop(audio.currentTime + index * 0.16 + 0.12);
    });
    setTimeout(() => void audio.close(), 1_000);
  } catch {
    // No audio device: the toast and the drawer say the same.
  }
}
