import { whichMarket } from '../format/binance-archive.ts';
import { magicOf, MAGIC_BYTES } from '../read/file-magic.ts';
import { ImportError } from '../read/import-problem.ts';
import { fileSource, type RecordingSource } from '../read/recording-source.ts';
import { ZipArchive } from '../read/zip-archive.ts';
import { contentDigest, type RecordingSample, sampleRecording } from './recording-sample.ts';

type SampleOptions = Parameters<typeof sampleRecording>[1];

/** The recordings in the given files and archives, sampled. Closed after reading. */
export class RecordingFiles {
  readonly samples: RecordingSample[] = [];
  readonly #archives: ZipArchive[] = [];

  /** Adds the recordings in a file. @throws ImportError */
  async add(path: string, options: SampleOptions): Promise<void> {
    const file = await fileSource(path);
    for (const source of await this.#sourcesOf(file)) {
      options.signal?.throwIfAborted();
      const sample = await sampleRecording(source, options);
      if (!(await this.#isHere(sample))) this.samples.push(sample);
    }
  }

  /** After the last file. @throws ImportError if one may belong to another file's market, which has the same name. */
  check(): void {
    for (const { name, market } of this.samples) {
      if (market?.isGuess !== true) continue;
      const other = this.samples.find(
        (sample) =>
          sample.market?.market === market.market &&
          sample.market.venue !== market.venue &&
          sample.market.isGuess !== true,
      );
      if (other === undefined) continue;
      const why = `nothing in it says so, and ${other.name} next to it belongs to ${market.market}@${other.venue}`;
      throw new ImportError(`${name}: ${whichMarket(market.market, why)}`, { wrongUse: true });
    }
  }

  close(): void {
    for (const archive of this.#archives) archive.close();
  }

  async #sourcesOf(file: RecordingSource): Promise<readonly RecordingSource[]> {
    if (magicOf(await file.head(MAGIC_BYTES)) !== 'zip') return [file];
    const archive = await ZipArchive.open(file);
    this.#archives.push(archive);
    return archive.sources;
  }

  /** The same recording under another name, or compressed differently, counts once. */
  async #isHere(sample: RecordingSample): Promise<boolean> {
    for (const other of this.samples) {
      if (other.sha256 === sample.sha256) return true;
      if (other.head !== sample.head) continue;
      const digests = await Promise.all([other, sample].map(({ source }) => contentDigest(source)));
      if (digests[0] === digests[1]) return true;
    }
    return false;
  }
}
