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
            (
                ["--cache-from", "type=s3,region=r,secret_access_key=a,session_token=b,name=c"],
                "--cache-from type=s3,region=r,secret_access_key=***,session_token=***,name=c"
            ),
            (["--cache-to=type=gha,token=a"], "--cache-to=type=gha,token=***"),
            (["--build-arg", "token=a,b=c"], "--build-arg token=***"),
            (["https://host/ https://me:abc@other/"], "https://host/ https://***@other/"),
            (["--build-arg", "M=a\n+++ x"], #"--build-arg M=a\n+++ x"#),
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
