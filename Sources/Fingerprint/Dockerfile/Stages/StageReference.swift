/// What a stage starts from, or takes files of.
enum StageReference: Equatable {
    case scratch
    case stage(Int)
    case image([UInt8])
}
