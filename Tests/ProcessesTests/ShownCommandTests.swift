import Testing

@testable import Processes

@Suite struct ShownCommandTests {
    @Test(
        arguments: [
            (["docker", "tag", "a", "b"], "docker tag a b"),
            (["--build-arg", "NPM_TOKEN=abc"], "--build-arg NPM_TOKEN=***"),
            (["--build-arg=db_password=a=b"], "--build-arg=db_password=***"),
            (["--build-arg", "PASSWORD=abc"], "--build-arg PASSWORD=***"),
            (["--build-arg", "NPM_TOKEN"], "--build-arg NPM_TOKEN"),
            (["--build-arg", "TOKENS=2"], "--build-arg TOKENS=2"),
            (["--build-arg", "MODE=token"], "--build-arg MODE=token"),
            (["--secret", "id=API_TOKEN,env=API_TOKEN"], "--secret id=API_TOKEN,env=API_TOKEN"),
            (["--build-arg", "PROXY=http://me:abc@host:1/path"], "--build-arg PROXY=http://***@host:1/path"),
            (["https://abc@host/a@b"], "https://***@host/a@b"),
            (["https://host/a@b"], "https://host/a@b"),
            (["registry.example/app@sha256:01"], "registry.example/app@sha256:01"),
        ]
    )
    func whatLooksLikeASecretIsNotShown(_ words: [String], _ text: String) {
        #expect(ShownCommand.text(words) == text)
    }

    @Test(
        arguments: [
            (Duration.milliseconds(0), "0.00"), (.milliseconds(59), "0.05"), (.milliseconds(1_230), "1.23"),
            (.seconds(75), "75.00"),
        ]
    )
    func timesHaveHundredths(_ duration: Duration, _ text: String) {
        #expect(CommandReport.seconds(duration) == text)
    }
}
