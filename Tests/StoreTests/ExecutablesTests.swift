import Store
import TestSupport
import Testing

@Suite struct ExecutablesTests {
    private static let path = Array("/usr/bin/docker".utf8)

    @Test func factsAreFoundInTheStateTheyWereLearnedIn() throws {
        try withIndex { index in
            #expect(try index.executables.find(path: Self.path, state: "1") == nil)
            try index.executables.save(path: Self.path, state: "1", facts: "20.10.24")
            #expect(try index.executables.find(path: Self.path, state: "1") == "20.10.24")
            #expect(try index.executables.find(path: Self.path, state: "2") == nil)
            #expect(try index.executables.find(path: Self.path + [0xFF], state: "1") == nil)
        }
    }

    @Test func factsOfANewStateTakeThePlaceOfTheOldOnes() throws {
        try withIndex { index in
            try index.executables.save(path: Self.path, state: "1", facts: "20.10.24")
            try index.executables.save(path: Self.path, state: "2", facts: "28.2.2")
            #expect(try index.executables.find(path: Self.path, state: "1") == nil)
            #expect(try index.executables.find(path: Self.path, state: "2") == "28.2.2")
            try index.executables.save(path: Self.path, state: "2", facts: "")
            #expect(try index.executables.find(path: Self.path, state: "2") == "")
        }
    }

    @Test func aPathNeedNotBeUTF8() throws {
        try withIndex { index in
            try index.executables.save(path: [0x2F, 0xFF, 0x00], state: "1", facts: "é")
            #expect(try index.executables.find(path: [0x2F, 0xFF, 0x00], state: "1") == "é")
        }
    }
}
