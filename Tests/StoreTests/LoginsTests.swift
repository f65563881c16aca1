import Store
import Testing

@Suite struct LoginsTests {
    private static let first = Logins.Login(identity: "AWS", endsAt: someTime)

    @Test func aLoginIsOfAHostAndAConfiguration() throws {
        try withIndex { index in
            try index.logins.save(Self.first, host: "a.example", configuration: "/home/.docker")
            #expect(try index.logins.find(host: "a.example", configuration: "/home/.docker") == Self.first)
            #expect(try index.logins.find(host: "a.example", configuration: "/other") == nil)
            #expect(try index.logins.find(host: "b.example", configuration: "/home/.docker") == nil)
        }
    }

    @Test func aNewLoginTakesThePlaceOfTheOldOneUntilItIsForgotten() throws {
        try withIndex { index in
            let second = Logins.Login(identity: "other", endsAt: someTime + 1)
            try index.logins.save(Self.first, host: "a.example", configuration: "c")
            try index.logins.save(second, host: "a.example", configuration: "c")
            #expect(try index.logins.find(host: "a.example", configuration: "c") == second)
            try index.logins.remove(host: "a.example", configuration: "c")
            #expect(try index.logins.find(host: "a.example", configuration: "c") == nil)
        }
    }

    @Test func anAnswerIsBelievedUntilItsTimeIsUp() throws {
        try withIndex { index in
            try index.providerAnswers.save("123456789012", to: "account", endsAt: someTime)
            #expect(try index.providerAnswers.find("account", now: someTime - 1) == "123456789012")
            #expect(try index.providerAnswers.find("account", now: someTime) == nil)
            #expect(try index.providerAnswers.find("other", now: 0) == nil)
            try index.providerAnswers.save("210987654321", to: "account", endsAt: someTime + 1)
            #expect(try index.providerAnswers.find("account", now: someTime) == "210987654321")
        }
    }
}
