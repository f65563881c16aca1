import Store
import SystemPackage
import TestSupport

/// 23 November 2026, 18:45:00 UTC, in milliseconds since 1970.
let someTime: Int64 = 1_795_459_500_000

/// Runs `body` with a new index in a new directory.
func withIndex<Result>(_ body: (Index) throws -> Result) throws -> Result {
    try withTemporaryDirectory { directory in
        try body(try Index.open(at: directory.appending("index.db"), now: someTime).index)
    }
}
