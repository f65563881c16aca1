import Files
import FoundationEssentials
import SystemPackage
import TestSupport
import Testing

@Suite struct OutputFileTests {
    @Test(arguments: [
        (OutputFile.Reader.everyone, FilePermissions(rawValue: 0o644)), (.owner, FilePermissions(rawValue: 0o600)),
    ])
    func whatIsThereIsReplacedAndNothingElseIsLeft(reader: OutputFile.Reader, mode: FilePermissions) throws {
        try withTemporaryDirectory { directory in
            let path = directory.appending("out").string
            try Data("before".utf8).write(to: URL(filePath: path))
            try OutputFile(path, for: reader).write(Array("after".utf8))
            #expect(try Data(contentsOf: URL(filePath: path)) == Data("after".utf8))
            #expect(try FilePath(path).stat().permissions == mode)
            #expect(try FileManager.default.contentsOfDirectory(atPath: directory.string) == ["out"])
        }
    }

    @Test func aDeviceStaysOne() throws {
        try OutputFile("/dev/null", for: .owner).write(Array("gone".utf8))
        #expect(try FilePath("/dev/null").stat().type == .characterSpecial)
    }

    @Test(arguments: [true, false])
    func aLinkStaysAndWhatItLeadsToIsReplaced(isThere: Bool) throws {
        try withTemporaryDirectory { directory in
            let target = directory.appending("real").string
            if isThere { try Data("before".utf8).write(to: URL(filePath: target)) }
            let link = directory.appending("link").string
            try FileManager.default.createSymbolicLink(atPath: link, withDestinationPath: "real")
            try OutputFile(link, for: .owner).write(Array("after".utf8))
            #expect(try FileManager.default.destinationOfSymbolicLink(atPath: link) == "real")
            #expect(try Data(contentsOf: URL(filePath: target)) == Data("after".utf8))
        }
    }

    @Test func aLinkToItselfIsAnError() throws {
        try withTemporaryDirectory { directory in
            let link = directory.appending("link").string
            try FileManager.default.createSymbolicLink(atPath: link, withDestinationPath: "link")
            #expect(throws: OutputFileError.self) { try OutputFile(link, for: .owner).write([]) }
        }
    }

    @Test func aDirectoryThatIsNotThereIsAnErrorThatNamesTheFile() {
        #expect {
            try OutputFile("/nowhere/out", for: .owner).write([])
        } throws: { error in
            "\(error)".contains("/nowhere/out")
        }
    }
}
