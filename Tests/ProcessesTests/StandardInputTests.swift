import Processes
import SystemPackage
import Testing

/// The standard input of a process.
@Suite struct StandardInputTests {
    @Test(arguments: [0, 1, 1_000_000])
    func aFileHoldsWhatItWasGivenFromItsBeginning(length: Int) throws {
        let content = (0..<length).map { UInt8(truncatingIfNeeded: $0) }
        let file = try FileDescriptor.file(holding: content, environment: [:])
        var read: [UInt8] = []
        try file.closeAfter {
            var buffer = [UInt8](repeating: 0, count: 1 << 16)
            while true {
                let count = try buffer.withUnsafeMutableBytes { try file.read(into: $0) }
                guard count > 0 else { break }
                read += buffer[..<count]
            }
        }
        #expect(read == content)
    }
}
