/// Something that several checks need, and that is found out once, by the first of them.
final class Fact<Value> {
    private var known: Value?
    private let find: () async -> Value

    package init(_ find: @escaping () async -> Value) {
        self.find = find
    }

    package func value() async -> Value {
        if let known { return known }
        let found = await find()
        known = found
        return found
    }
}
