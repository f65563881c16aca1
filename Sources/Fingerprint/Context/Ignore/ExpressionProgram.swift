/// A compiled regular expression, for matching many paths.
///
/// All states are followed at once, so the time is bounded by the lengths of the expression and the path: no pattern
/// can stall the walk.
struct ExpressionProgram: Sendable {
    private enum Instruction: Sendable {
        case one(Int)
        case fork(Int, Int)
        case jump(Int)
        case assertion(Expression.Assertion)
        case accept
    }

    /// The program would need more instructions than any sensible pattern does.
    struct TooLarge: Error {}

    private static let maximumLength = 100_000

    private var instructions: [Instruction] = []
    private var sets: [ScalarSet] = []

    init(_ expression: Expression) throws(TooLarge) {
        try append(expression)
        instructions.append(.accept)
    }

    private mutating func append(_ expression: Expression) throws(TooLarge) {
        guard instructions.count < Self.maximumLength else {
            throw TooLarge()
        }
        switch expression {
        case .one(let set):
            instructions.append(.one(sets.count))
            sets.append(set)
        case .assertion(let assertion):
            instructions.append(.assertion(assertion))
        case .sequence(let items):
            for item in items {
                try append(item)
            }
        case .alternatives(let branches):
            var jumps: [Int] = []
            for branch in branches.dropLast() {
                let fork = reserve()
                try append(branch)
                jumps.append(reserve())
                instructions[fork] = .fork(fork + 1, instructions.count)
            }
            if let last = branches.last {
                try append(last)
            }
            for jump in jumps {
                instructions[jump] = .jump(instructions.count)
            }
        case .repeated(let inner, let minimum, let maximum):
            for _ in 0..<minimum {
                try append(inner)
            }
            try appendOptional(inner, times: maximum.map { $0 - minimum })
        }
    }

    private mutating func appendOptional(_ inner: Expression, times: Int?) throws(TooLarge) {
        guard let times else {
            let fork = reserve()
            try append(inner)
            instructions.append(.jump(fork))
            instructions[fork] = .fork(fork + 1, instructions.count)
            return
        }
        for _ in 0..<times {
            let fork = reserve()
            try append(inner)
            instructions[fork] = .fork(fork + 1, instructions.count)
        }
    }

    private mutating func reserve() -> Int {
        instructions.append(.accept)
        return instructions.count - 1
    }

    /// Whether the expression matches anywhere in `path`. (Docker's expressions are anchored, unless they contain `|`.)
    func matches(_ path: UnsafeBufferPointer<UInt8>) -> Bool {
        var current = StateSet(capacity: instructions.count)
        var following = StateSet(capacity: instructions.count)
        var runes = GoRunes(path)
        var previous: UInt32?
        var next = runes.next()
        while true {
            if follow(0, into: &current, previous: previous, next: next) {
                return true
            }
            guard let rune = next else {
                return false
            }
            let afterNext = runes.next()
            for state in current.members {
                if case .one(let set) = instructions[state], sets[set].contains(rune),
                    follow(state + 1, into: &following, previous: rune, next: afterNext)
                {
                    return true
                }
            }
            swap(&current, &following)
            following.removeAll()
            (previous, next) = (rune, afterNext)
        }
    }

    /// Adds the states that are reachable from `state` without reading a character. Returns true if the end is among
    /// them.
    private func follow(_ state: Int, into set: inout StateSet, previous: UInt32?, next: UInt32?) -> Bool {
        var pending = [state]
        while let state = pending.popLast() {
            guard set.insert(state) else {
                continue
            }
            switch instructions[state] {
            case .one: break
            case .jump(let target): pending.append(target)
            case .fork(let first, let second): pending += [second, first]
            case .accept: return true
            case .assertion(let assertion):
                if assertion.holds(previous: previous, next: next) {
                    pending.append(state + 1)
                }
            }
        }
        return false
    }
}

extension Expression.Assertion {
    fileprivate func holds(previous: UInt32?, next: UInt32?) -> Bool {
        switch self {
        case .beginning: previous == nil
        case .end: next == nil
        case .wordBoundary: Self.isWord(previous) != Self.isWord(next)
        case .noWordBoundary: Self.isWord(previous) == Self.isWord(next)
        }
    }

    private static func isWord(_ rune: UInt32?) -> Bool {
        guard let rune else {
            return false
        }
        return switch rune {
        case 48...57, 65...90, 95, 97...122: true
        default: false
        }
    }
}

/// The active states of an expression: each at most once, in the order in which they were reached.
struct StateSet {
    private(set) var members: [Int] = []
    private var isMember: [Bool]

    init(capacity: Int) {
        isMember = Array(repeating: false, count: capacity)
    }

    /// Adds `state`. Returns whether it is new.
    mutating func insert(_ state: Int) -> Bool {
        guard !isMember[state] else {
            return false
        }
        isMember[state] = true
        members.append(state)
        return true
    }

    mutating func removeAll() {
        for state in members {
            isMember[state] = false
        }
        members.removeAll(keepingCapacity: true)
    }
}
