/// The states that an expression is in: each at most once, in the order in which they were reached.
struct StateSet {
    private(set) var members: [Int] = []
    private var isMember: [Bool]

    init(capacity: Int) {
        isMember = Array(repeating: false, count: capacity)
    }

    /// Whether `state` is new.
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
