import Images

/// One line of the daemon's answer during a pull or a push.
struct TransferMessage: Equatable {
    /// The layer that the message is about. Empty for the whole transfer.
    var layer = ""
    /// Such as `Downloading`.
    var status = ""
    /// The progress in bytes, or in ``unit``.
    var current: Int64 = 0
    var total: Int64 = 0
    var unit = ""
    /// The failure. No message follows it.
    var failure: String?

    /// Nil if the line is not a daemon's message.
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

    /// Whether the message reports the end of a pull or a push. Without it, a body that ends with the connection may
    /// have been cut off.
    var isLast: Bool { status.hasPrefix("Status: ") || status.contains(": digest: sha256:") }

    init(layer: String = "", _ status: String, current: Int64 = 0, total: Int64 = 0, unit: String = "") {
        (self.layer, self.status, self.current, self.total, self.unit) = (layer, status, current, total, unit)
    }

    /// The line that docker prints if its output is not a terminal. Nil if it prints none.
    var shown: String? {
        guard !status.isEmpty, current == 0, total == 0 else { return nil }
        return layer.isEmpty ? status : "\(layer): \(status)"
    }
}

/// The progress of a pull or a push, and whether it still advances.
///
/// Daemons with containerd's image store report the progress of each layer several times a second, even if it stalls,
/// and count the seconds while they unpack it. Other daemons report every hundredth of a layer, or every 512 KiB if
/// that is less. So a message alone is not progress, and neither is a byte or a second. Progress is a status that is
/// new for a layer, or a certain number of bytes.
struct TransferProgress {
    /// The furthest progress by layer and status.
    private var furthest: [Step: Int64] = [:]
    /// The bytes of all steps: now, and when they were last accepted as progress.
    private var bytes: (now: Int64, counted: Int64) = (0, 0)
    /// The states of the unfinished layers.
    private var states: [String: LayerState] = [:]

    private struct Step: Hashable {
        let layer: String
        let status: String
    }

    private enum LayerState {
        /// The layer waits: the daemon transfers only a few layers at a time, for all its clients together.
        case queued
        case moving
        /// The layer is downloaded but not unpacked.
        case packed
    }

    /// The number of bytes that is accepted as progress. A registry that sends less within the time limit is not worth
    /// waiting for.
    static let quantum: Int64 = 512 << 10

    /// Whether the registry can be the cause of a delay. It cannot while no layer is being transferred: the layers are
    /// being unpacked, or the daemon transfers layers of other clients first.
    var awaitsRegistry: Bool { states.isEmpty || states.values.contains(.moving) }

    /// Whether the transfer continues once the daemon has transferred other clients' layers.
    var awaitsTurn: Bool { !awaitsRegistry && states.values.contains(.queued) }

    /// Processes the daemon's next message. Returns whether it is progress.
    mutating func advances(_ message: TransferMessage) -> Bool {
        // The daemon counts down the seconds until it retries. The data that it sends again is then progress. It
        // retries only a few times.
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
        // Seconds pass on a dead disk too.
        guard message.unit.isEmpty else { return false }
        bytes.now += message.current - before
        guard bytes.now - bytes.counted >= Self.quantum || message.current == message.total else { return false }
        bytes.counted = bytes.now
        return true
    }

    private mutating func follow(_ message: TransferMessage) {
        switch message.status {
        case "Pulling fs layer", "Preparing": states[message.layer] = .moving
        // Docker's own store announces a layer before it waits. If this comes first, containerd waits for the registry.
        case "Waiting": if states[message.layer] != nil { states[message.layer] = .queued }
        // The configuration is downloaded too, but never unpacked.
        case "Downloading", "Pushing": if states[message.layer] != nil { states[message.layer] = .moving }
        case "Download complete", "Extracting": if states[message.layer] != nil { states[message.layer] = .packed }
        case "Pull complete", "Already exists", "Pushed", "Layer already exists": states[message.layer] = nil
        default: if message.status.hasPrefix("Mounted from ") { states[message.layer] = nil }
        }
    }
}

/// The time limits of a pull or a push, and the time that it has taken.
struct TransferWatch {
    private let stallLimit: Duration
    private let limit: Duration?
    private let began: ContinuousClock.Instant
    private var advanced: ContinuousClock.Instant
    private var progress = TransferProgress()
    private var shown: Set<String> = []

    /// - Parameters:
    ///   - stallLimit: how long it may run without progress
    ///   - limit: how long it may take, progress or not; nil for no limit
    init(stallLimit: Duration, limit: Duration?, now: ContinuousClock.Instant) {
        (self.stallLimit, self.limit) = (stallLimit, limit)
        (began, advanced) = (now, now)
    }

    enum Verdict: Equatable {
        /// No check is needed for this long.
        case wait(Duration)
        /// There was no progress for this long.
        case stalled(Duration)
        /// The transfer has taken this long.
        case tooLong(Duration)
    }

    /// Processes a message. Returns the line to print for it, if any. Never returns the same line twice.
    mutating func saw(_ message: TransferMessage, now: ContinuousClock.Instant) -> String? {
        if progress.advances(message) { advanced = now }
        guard let line = message.shown, shown.insert(line).inserted else { return nil }
        return line
    }

    /// The line to print if there was no message: the reason for the delay, once.
    mutating func notice(now: ContinuousClock.Instant) -> String? {
        guard progress.awaitsTurn, now - advanced >= stallLimit else { return nil }
        let line = "The daemon is busy with other pulls and pushes. This one waits for its turn."
        return shown.insert(line).inserted ? line : nil
    }

    func verdict(now: ContinuousClock.Instant) -> Verdict {
        let patience = progress.awaitsRegistry ? stallLimit : stallLimit * Self.localFactor
        let left = patience - (now - advanced)
        guard left > .zero else { return .stalled(patience) }
        // The cause of the wait may change before that.
        let stallsIn = min(left, stallLimit)
        guard let limit else { return .wait(stallsIn) }
        let endsIn = limit - (now - began)
        return endsIn > .zero ? .wait(min(stallsIn, endsIn)) : .tooLong(limit)
    }

    /// The factor by which the time without progress may be longer if the registry cannot be the cause. Unpacking a
    /// large layer takes minutes, and so does another client's pull.
    static let localFactor = 10
}
