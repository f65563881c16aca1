/// A parsed regular expression.
indirect enum Expression: Sendable {
    case one(ScalarSet)
    case sequence([Expression])
    case alternatives([Expression])
    /// `maximum` nil: any number.
    case repeated(Expression, minimum: Int, maximum: Int?)
    case assertion(Assertion)

    enum Assertion: Sendable {
        case beginning
        case end
        case wordBoundary
        case noWordBoundary
    }
}
