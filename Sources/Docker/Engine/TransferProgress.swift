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

    /// Whether the daemon says by it that a pull or a push is done: a body that ends with the connection may have been
    /// cut off.
    var isLast: Bool { status.hasPrefix("Status: ") || status.contains(": digest: sha256:") }

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
/// Daemons with containerd's image store say several times a second how far each layer is, also where it stands still,
/// and count the seconds while they unpack it. The others say it for each hundredth of a layer, and for 512 KiB at
/// most. So a message alone is no progress, and neither is a byte or a second. What counts is a status that a layer has
/// not had before, and a certain number of bytes.
struct TransferProgress {
    /// By layer and status, how far it was at most.
    private var furthest: [Step: Int64] = [:]
    /// Bytes of all steps, and how many there were when they last counted as progress.
    private var bytes: (now: Int64, counted: Int64) = (0, 0)
    /// What is done with the layers that are not finished.
    private var states: [String: LayerState] = [:]

    private struct Step: Hashable {
        let layer: String
        let status: String
    }

    private enum LayerState {
        /// The daemon moves a few layers at a time, for all its clients together. This one is not among them.
        case queued
        case moving
        /// It is here, and not unpacked.
        case packed
    }

    /// As many bytes are progress. Who sends less within the time limit keeps a step waiting for nothing.
    static let quantum: Int64 = 512 << 10

    /// Whether the registry can be what holds it up. It cannot while no layer is on its way: they are unpacked, or the
    /// daemon moves those of others first.
    var awaitsRegistry: Bool { states.isEmpty || states.values.contains(.moving) }

    /// Whether it goes on when the daemon has moved the layers of others.
    var awaitsTurn: Bool { !awaitsRegistry && states.values.contains(.queued) }

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
        // Seconds go by on a dead disk too.
        guard message.unit.isEmpty else { return false }
        bytes.now += message.current - before
        guard bytes.now - bytes.counted >= Self.quantum || message.current == message.total else { return false }
        bytes.counted = bytes.now
        return true
    }

    private mutating func follow(_ message: TransferMessage) {
        switch message.status {
        case "Pulling fs layer", "Preparing": states[message.layer] = .moving
        // Docker's own store says before what it waits with. Where this comes first, containerd waits for the registry.
        case "Waiting": if states[message.layer] != nil { states[message.layer] = .queued }
        // The configuration is downloaded too, and never unpacked.
        case "Downloading", "Pushing": if states[message.layer] != nil { states[message.layer] = .moving }
        case "Download complete", "Extracting": if states[message.layer] != nil { states[message.layer] = .packed }
        case "Pull complete", "Already exists", "Pushed", "Layer already exists": states[message.layer] = nil
        default: if message.status.hasPrefix("Mounted from ") { states[message.layer] = nil }
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
    private var shown: Set<String> = []

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

    /// Takes a message. Returns what is to be printed of it: nothing twice.
    mutating func saw(_ message: TransferMessage, now: ContinuousClock.Instant) -> String? {
        if progress.advances(message) { advanced = now }
        guard let line = message.shown, shown.insert(line).inserted else { return nil }
        return line
    }

    /// What is to be printed when there was no message: why it takes so long, once.
    mutating func notice(now: ContinuousClock.Instant) -> String? {
        guard progress.awaitsTurn, now - advanced >= stallLimit else { return nil }
        let line = "The daemon is busy with other pulls and pushes. This one waits for its turn."
        return shown.insert(line).inserted ? line : nil
    }

    func verdict(now: ContinuousClock.Instant) -> Verdict {
        let patience = progress.awaitsRegistry ? stallLimit : stallLimit * Self.localFactor
        let left = patience - (now - advanced)
        guard left > .zero else { return .stalled(patience) }
        // What is waited for may be another thing before that.
        let stallsIn = min(left, stallLimit)
        guard let limit else { return .wait(stallsIn) }
        let endsIn = limit - (now - began)
        return endsIn > .zero ? .wait(min(stallsIn, endsIn)) : .tooLong(limit)
    }

    /// How much longer it may make no progress where no registry can be the reason: to unpack a large layer takes
    /// minutes, and so does the pull of someone else.
    static let localFactor = 10
}
