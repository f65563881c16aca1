import ArgumentParser
import Formatting

/// A size on the command line, in bytes.
struct ByteCountArgument: Equatable {
    let bytes: Int64

    /// Reads it. Throws a `ValidationError` that says what is allowed.
    init(argument: String) throws {
        guard let bytes = ByteCount.bytes(argument) else {
            throw ValidationError("allowed are a number of bytes, and sizes such as 500MB, 20GB, 1.5TB or 10GiB.")
        }
        self.bytes = bytes
    }
}
