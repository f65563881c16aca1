import Fingerprint
import Synchronization
import Testing

@testable import Inputs

@Suite struct HashingProgressTests {
    /// The output for a reader when updates arrive at these times.
    static func shown(_ reader: HashingProgress.Reader, at milliseconds: [Int]) -> [String] {
        let written = Mutex<[String]>([])
        let started = ContinuousClock.now
        let progress = HashingProgress(for: reader, started: started) { text in
            written.withLock { $0.append(text) }
        }
        for time in milliseconds {
            progress.update(
                ScanProgress(files: 12_345, bytes: 1_500_000_000),
                now: started + .milliseconds(time)
            )
        }
        progress.finish()
        return written.withLock { $0 }
    }

    @Test func whatTakesLessThanASecondShowsNothing() {
        #expect(Self.shown(.terminal, at: [0, 500, 999]) == [])
        #expect(Self.shown(.log, at: [0, 500, 999]) == [])
    }

    @Test func aTerminalGetsALineThatRedrawsAndGoes() {
        let shown = Self.shown(.terminal, at: [1000, 1100, 1200])
        #expect(
            shown == [
                "\rHashing the context: 12,345 files, 1.50 GB, 1.50 GB/s\u{1B}[K",
                "\rHashing the context: 12,345 files, 1.50 GB, 1.25 GB/s\u{1B}[K",
                "\r\u{1B}[K",
            ]
        )
    }

    @Test func aLogGetsALineEveryFewSeconds() {
        let shown = Self.shown(.log, at: [1000, 1100, 3000, 5999, 6000, 7000])
        #expect(
            shown == [
                "docker-cache: Hashing the context: 12,345 files, 1.50 GB, 1.50 GB/s\n",
                "docker-cache: Hashing the context: 12,345 files, 1.50 GB, 250 MB/s\n",
            ]
        )
    }

    @Test(arguments: [
        (0, 0, "0 files, 0 B, 0 B/s"), (999, 999_999, "999 files, 999 kB, 999 kB/s"),
        (1_000_000, 2_340_000, "1,000,000 files, 2.34 MB, 2.34 MB/s"),
    ])
    func numbersAreForPeople(files: Int, bytes: Int, expected: String) {
        #expect(HashingProgress.text(ScanProgress(files: files, bytes: bytes), elapsed: .seconds(1)) == expected)
    }
}
