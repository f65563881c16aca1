import Testing

@testable import Docker

/// The messages that are progress of a pull or a push. They are those of the 20.10, 26.1 and 28.5 daemons.
@Suite struct TransferProgressTests {
    typealias Step = (message: TransferMessage, advances: Bool)

    /// Whether each of the messages, in sequence, was progress.
    private static func advances(_ messages: [TransferMessage]) -> [Bool] {
        var progress = TransferProgress()
        return messages.map { progress.advances($0) }
    }

    @Test("Bytes count once there are enough of them, and at the end of a layer")
    func bytes() {
        let messages: [(Int64, Bool)] = [
            (1_000, true), (3_000, false), (524_000, false), (526_000, true), (526_000, false), (1_000_000, false),
            (1_100_000, true), (1_200_000, true), (1_200_000, false),
        ]
        let found = Self.advances(
            messages.map { TransferMessage(layer: "a", "Downloading", current: $0.0, total: 1_200_000) }
        )
        #expect(found == messages.map(\.1))
    }

    @Test("Many layers that trickle add up")
    func manyLayers() {
        let messages = (0..<100).flatMap { layer in
            [0, 6_000].map { TransferMessage(layer: "\(layer)", "Pushing", current: $0, total: 1_000_000) }
        }
        #expect(Self.advances(messages).dropFirst().enumerated().count { $0.offset % 2 == 0 && $0.element } == 1)
    }

    @Test("A daemon that says the same again makes no progress, and counting down is none")
    func repetition() {
        let downloading = TransferMessage(layer: "a", "Downloading", current: 600_000, total: 1_000_000)
        let less = TransferMessage(layer: "a", "Downloading", current: 1_000, total: 1_000_000)
        let found = Self.advances([
            TransferMessage(layer: "a", "Pulling fs layer"), TransferMessage(layer: "a", "Pulling fs layer"),
            downloading, downloading, less, TransferMessage(layer: "a", "Retrying in 5 seconds"),
            TransferMessage(layer: "a", "Retrying in 4 seconds"),
        ])
        #expect(found == [true, false, true, false, false, false, false])
    }

    /// A large layer that fails near its end must be sent again, which can take longer than the limit.
    @Test("What is sent once more after a layer broke off is progress again")
    func secondTry() {
        func pushing(_ current: Int64) -> TransferMessage {
            TransferMessage(layer: "a", "Pushing", current: current, total: 3_000_000_000)
        }
        let found = Self.advances([
            pushing(0), pushing(2_500_000_000), pushing(2_500_000_000),
            TransferMessage(layer: "a", "Retrying in 5 seconds"), pushing(100), pushing(1_000_000), pushing(2_000_000),
        ])
        #expect(found == [true, true, false, false, false, true, true])
    }

    @Test("Unpacking counts in bytes, and not in seconds")
    func unpacking() {
        let found = Self.advances([
            TransferMessage(layer: "a", "Extracting", current: 1, unit: "s"),
            TransferMessage(layer: "a", "Extracting", current: 1, unit: "s"),
            TransferMessage(layer: "a", "Extracting", current: 2, unit: "s"),
            TransferMessage(layer: "b", "Extracting", current: 100, total: 9_000_000),
            TransferMessage(layer: "b", "Extracting", current: 900_000, total: 9_000_000),
        ])
        #expect(found == [true, false, false, true, true])
    }

    @Test("The registry is waited for until every layer is here, and again when all are unpacked")
    func waiting() {
        var progress = TransferProgress()
        let expected: [(TransferMessage, Bool)] = [
            (TransferMessage("Pulling from app"), true),
            (TransferMessage(layer: "a", "Pulling fs layer"), true),
            (TransferMessage(layer: "b", "Pulling fs layer"), true),
            (TransferMessage(layer: "a", "Download complete"), true),
            (TransferMessage(layer: "b", "Download complete"), false),
            (TransferMessage(layer: "a", "Pull complete"), false),
            (TransferMessage(layer: "b", "Pull complete"), true),
        ]
        for (message, waits) in expected {
            _ = progress.advances(message)
            #expect(progress.awaitsRegistry == waits, "\(message)")
        }
    }

    @Test(
        "A line of a daemon",
        arguments: [
            (
                #"{"status":"Downloading","progressDetail":{"current":15,"total":20},"progress":"[=> ]","id":"5b1"}"#,
                TransferMessage(layer: "5b1", "Downloading", current: 15, total: 20), nil
            ),
            (
                #"{"status":"Extracting","progressDetail":{"current":1,"units":"s"},"progress":"1 s","id":"259"}"#,
                TransferMessage(layer: "259", "Extracting", current: 1, unit: "s"), nil
            ),
            (
                #"{"status":"Pushed","progressDetail":{},"id":"5b1"}"#,
                TransferMessage(layer: "5b1", "Pushed"), "5b1: Pushed"
            ),
            (
                #"{"status":"1: digest: sha256:5e size: 855"}"#, TransferMessage("1: digest: sha256:5e size: 855"),
                "1: digest: sha256:5e size: 855"
            ),
            (#"{"progressDetail":{},"aux":{"Tag":"1","Size":949}}"#, TransferMessage(""), nil),
            (#"{"status":7,"progressDetail":[{"current":-1}]}"#, TransferMessage(""), nil),
            (#"{"status":"x","progressDetail":{"current":-5,"total":1e300}}"#, TransferMessage("x"), "x"),
        ] as [(String, TransferMessage, String?)]
    )
    func line(_ line: String, message: TransferMessage, shown: String?) {
        #expect(TransferMessage(Array(line.utf8)) == message)
        #expect(message.shown == shown)
    }

    @Test("What went wrong is told in the stream")
    func failure() {
        let line = #"{"errorDetail":{"message":"tag does not exist: a:2"},"error":"tag does not exist: a:2"}"#
        #expect(TransferMessage(Array(line.utf8))?.failure == "tag does not exist: a:2")
        #expect(TransferMessage(Array("404 page not found".utf8)) == nil)
    }
}

/// When a pull or a push is stopped.
@Suite struct TransferWatchTests {
    private static let start = ContinuousClock.now

    @Test("Without progress it stalls, and with progress it may take as long as its limit")
    func limits() {
        var watch = TransferWatch(stallLimit: .seconds(120), limit: .seconds(300), now: Self.start)
        func verdict(_ seconds: Int) -> TransferWatch.Verdict { watch.verdict(now: Self.start + .seconds(seconds)) }
        #expect(verdict(0) == .wait(.seconds(120)))
        #expect(verdict(100) == .wait(.seconds(20)))
        #expect(verdict(120) == .stalled(.seconds(120)))
        _ = watch.saw(TransferMessage(layer: "a", "Pushing", current: 1, total: 9), now: Self.start + .seconds(110))
        #expect(verdict(120) == .wait(.seconds(110)))
        _ = watch.saw(TransferMessage(layer: "a", "Pushing", current: 1, total: 9), now: Self.start + .seconds(120))
        #expect(verdict(230) == .stalled(.seconds(120)))
        _ = watch.saw(TransferMessage(layer: "a", "Pushed"), now: Self.start + .seconds(229))
        #expect(verdict(230) == .wait(.seconds(70)))
        #expect(verdict(301) == .tooLong(.seconds(300)))
    }

    @Test("Without a limit only standing still ends it, and unpacking may stand still for longer")
    func unpacking() {
        var watch = TransferWatch(stallLimit: .seconds(2), limit: nil, now: Self.start)
        for status in ["Pulling fs layer", "Download complete"] {
            _ = watch.saw(TransferMessage(layer: "a", status), now: Self.start + .seconds(1_000))
        }
        #expect(watch.verdict(now: Self.start + .seconds(1_010)) == .wait(.seconds(2)))
        #expect(watch.verdict(now: Self.start + .seconds(1_019)) == .wait(.seconds(1)))
        // A dead disk: the daemon counts the seconds.
        for second in 1...20 {
            let message = TransferMessage(layer: "a", "Extracting", current: Int64(second), unit: "s")
            _ = watch.saw(message, now: Self.start + .seconds(1_000 + second))
        }
        #expect(watch.verdict(now: Self.start + .seconds(1_020)) == .wait(.seconds(1)))
        #expect(watch.verdict(now: Self.start + .seconds(1_021)) == .stalled(.seconds(20)))
    }

    @Test("Behind the pull of another client it may stand still for longer, and says so once")
    func turn() {
        var watch = TransferWatch(stallLimit: .seconds(120), limit: nil, now: Self.start)
        for layer in ["a", "b"] {
            for status in ["Pulling fs layer", "Waiting"] {
                _ = watch.saw(TransferMessage(layer: layer, status), now: Self.start + .seconds(1))
            }
        }
        func after(_ seconds: Int) -> ContinuousClock.Instant { Self.start + .seconds(1 + seconds) }
        #expect(watch.notice(now: after(119)) == nil)
        #expect(watch.verdict(now: after(119)) == .wait(.seconds(120)))
        #expect(watch.notice(now: after(120))?.contains("waits for its turn") == true)
        #expect(watch.notice(now: after(121)) == nil)
        #expect(watch.verdict(now: after(1_199)) == .wait(.seconds(1)))
        #expect(watch.verdict(now: after(1_200)) == .stalled(.seconds(1_200)))
        // One layer is being transferred, so the transfer now waits for the registry.
        _ = watch.saw(TransferMessage(layer: "a", "Downloading", current: 1, total: 9), now: after(1_000))
        #expect(watch.verdict(now: after(1_120)) == .stalled(.seconds(120)))
        _ = watch.saw(TransferMessage(layer: "a", "Download complete"), now: after(1_100))
        #expect(watch.verdict(now: after(1_300)) == .wait(.seconds(120)))
    }

    @Test("What a daemon says again is printed once")
    func printing() {
        var watch = TransferWatch(stallLimit: .seconds(2), limit: nil, now: Self.start)
        let messages = ["a Waiting", "b Waiting", "a Waiting", "a Retrying in 5 seconds", "a Retrying in 4 seconds"]
        let printed = messages.compactMap { text in
            let message = TransferMessage(layer: String(text.prefix(1)), String(text.dropFirst(2)))
            return watch.saw(message, now: Self.start)
        }
        #expect(
            printed == ["a: Waiting", "b: Waiting", "a: Retrying in 5 seconds", "a: Retrying in 4 seconds"]
        )
        // No layer was announced before it waited. With containerd's image store, this means a wait for the registry.
        #expect(watch.verdict(now: Self.start + .seconds(1_020)) == .stalled(.seconds(2)))
    }
}
