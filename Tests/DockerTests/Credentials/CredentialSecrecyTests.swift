import Images
import Docker
import SystemPackage
import TestSupport
import Testing

/// Values that are logged by mistake show no secret.
@Suite struct CredentialSecrecyTests {
    static func everyDescription(of value: some Any) -> String {
        var dumped = ""
        dump(value, to: &dumped)
        return "\(value) \(String(reflecting: value)) \(dumped)"
    }

    @Test(arguments: [RegistryCredential.password(username: "user", password: "hunter2"), .identityToken("hunter2")])
    func aCredentialDoesNotShowItsSecret(credential: RegistryCredential) {
        #expect(!Self.everyDescription(of: credential).contains("hunter2"))
        #expect(!Self.everyDescription(of: CredentialEntry.credential(credential)).contains("hunter2"))
        #expect(!Self.everyDescription(of: [credential] as [RegistryCredential?]).contains("hunter2"))
    }

    @Test func aConfigurationDoesNotShowItsSecrets() throws {
        try withTemporaryDirectory { home in
            let json = #"{"auths": {"host.example": {"username": "user", "password": "hunter2"}}}"#
            let credentials = try DockerSetup(home: home, configuration: json).credentials(variable: json)
            let configuration = try DockerConfiguration(in: home.appending(".docker"))
            #expect(configuration.entries.count == 1)
            #expect(!Self.everyDescription(of: configuration).contains("hunter2"))
            #expect(Self.everyDescription(of: credentials).contains("config.json"))
            #expect(!Self.everyDescription(of: credentials).contains("hunter2"))
        }
    }
}
