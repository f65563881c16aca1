import Images

/// A line of what the daemon says while it pulls or pushes.
struct TransferMessage: Equatable {
    /// The layer it speaks of; empty where it speaks of the whole.
    var layer = ""
    /// Such as `Downloading`.
    var status = ""
    /// How far it is: bytes, or what ``unit`` says.
    var current: Int64 = 0
    var total: Int64 = 0
    var unit = ""
    /// What went wrong; nothing follows.
    var failure: String?

    /// Nil where it is not what daemons say.
    init?(_ line: [UInt8]) {
        guard let message = try? JSONValue(parsing: line), message.object != nil else { return nil }
        layer = message["id"]?.string ?? ""
        status = message["status"]?.string ?? ""
        let progress = message["progressDetail"]
        current = max(0, progress?["current"]?.integer ?? 0)
        total = max(0, progress?["total"]?.integer ?? 0)
        unit = progress?["units"]?.string ?? ""
        failure = message["errorDetail"]?["message"]?.string ?? message["error"]?.string
    }

    init(layer: String = "", _ status: String, current: Int64 = 0, total: Int64 = 0, unit: String = "") {
        (self.layer, self.status, self.current, self.total, self.unit) = (layer, status, current, total, unit)
    }

    /// As docker writes it where its output is no terminal; nil for what it does not write there.
    var shown: String? {
        guard !status.isEmpty, current == 0, total == 0 else { return nil }
        return layer.isEmpty ? status : "\(layer): \(status)"
    }
}

/// How far a pull or a push is, and whether it still gets further.
///
/// Daemons with containerd's image store say several times a second how far each layer is, also where it stands still;
/// the others say it for each hundredth of a layer, and for 512 KiB at most. So what counts is neither that something
/// is said nor each byte, but a status that a layer has not had before, and a certain number of bytes.
struct TransferProgress {
    /// By layer and status, how far it was at most.
    private var furthest: [Step: Int64] = [:]
    /// Bytes of all steps, and how many there were when they last counted as progress.
    private var bytes: (now: Int64, counted: Int64) = (0, 0)
    /// Layers that are not here yet, and those that are here and not unpacked.
    private var expected: Set<String> = []
    private var packed: Set<String> = []

    private struct Step: Hashable {
        let layer: String
        let status: String
    }

    /// As many bytes are progress. Who sends less within the time limit keeps a step waiting for nothing.
    static let quantum: Int64 = 512 << 10

    /// Whether it is the registry that is waited for. It is not while layers are unpacked, of which daemons before
    /// version 28 say nothing with containerd's image store.
    var awaitsRegistry: Bool { !expected.isEmpty || packed.isEmpty }

    /// Takes what the daemon says next. Returns whether that is progress.
    mutating func advances(_ message: TransferMessage) -> Bool {
        // It counts the seconds down until it begins once more, and then what it sends again is progress. The daemon
        // tries a few times only.
        if message.status.hasPrefix("Retrying") {
            for step in furthest.keys where step.layer == message.layer { furthest[step] = 0 }
            return false
        }
        follow(message)
        let step = Step(layer: message.layer, status: message.status)
        guard let before = furthest[step] else {
            furthest[step] = message.current
            if message.unit.isEmpty { bytes.now += message.current }
            return true
        }
        guard message.current > before else { return false }
        furthest[step] = message.current
        // The daemon unpacks, and counts the seconds.
        guard message.unit.isEmpty else { return true }
        bytes.now += message.current - before
        guard bytes.now - bytes.counted >= Self.quantum || message.current == message.total else { return false }
        bytes.counted = bytes.now
        return true
    }

    private mutating func follow(_ message: TransferMessage) {
        switch message.status {
        case "Pulling fs layer":
            expected.insert(message.layer)
        case "Download complete", "Extracting":
            if expected.remove(message.layer) != nil { packed.insert(message.layer) }
        case "Pull complete", "Already exists":
            expected.remove(message.layer)
            packed.remove(message.layer)
        default: break
        }
    }
}

/// How long a pull or a push may take, and how long it has taken.
struct TransferWatch {
    private let stallLimit: Duration
    private let limit: Duration?
    private let began: ContinuousClock.Instant
    private var advanced: ContinuousClock.Instant
    private var progress = TransferProgress()

    /// - Parameters:
    ///   - stallLimit: how long it may make no progress
    ///   - limit: how long it may take, progress or not; nil for any time
    init(stallLimit: Duration, limit: Duration?, now: ContinuousClock.Instant) {
        (self.stallLimit, self.limit) = (stallLimit, limit)
        (began, advanced) = (now, now)
    }

    enum Verdict: Equatable {
        /// Nothing is to be done for so long.
        case wait(Duration)
        /// There was no progress for that long.
        case stalled(Duration)
        /// It has taken that long.
        case tooLong(Duration)
    }

    mutating func saw(_ message: TransferMessage, now: ContinuousClock.Instant) {
        if progress.advances(message) { advanced = now }
    }

    func verdict(now: ContinuousClock.Instant) -> Verdict {
        let patience = progress.awaitsRegistry ? stallLimit : stallLimit * Self.unpackingFactor
        let stallsIn = patience - (now - advanced)
        guard stallsIn > .zero else { return .stalled(patience) }
        guard let limit else { return .wait(stallsIn) }
        let endsIn = limit - (now - began)
        return endsIn > .zero ? .wait(min(stallsIn, endsIn)) : .tooLong(limit)
    }

    /// A large layer is unpacked for minutes, and no registry can make that longer.
    static let unpackingFactor = 10
}
