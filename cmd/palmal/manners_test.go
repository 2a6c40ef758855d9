package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/palmal-rl/palmal/cmd/palmal/internal/usage"
)

// mannered is how a verb is tried: arguments with which it succeeds, and some with which it works for
// long, if it can. A verb that is not here fails the tests.
type mannered struct {
	good func(t *testing.T, dir string) []string
	long func(dir string) []string
}

// shared is a run that the tests of manners only read, and a recording of its task.
func manners(run string) map[string]mannered {
	words := func(words ...string) func(*testing.T, string) []string {
		return func(*testing.T, string) []string { return words }
	}
	long := func(words ...string) func(string) []string { return func(string) []string { return words } }
	return map[string]mannered{
		"train": {func(_ *testing.T, dir string) []string {
			return append([]string{"--out", filepath.Join(dir, "made")}, tiny...)
		},
			func(dir string) []string {
				return append(append([]string{"--out", filepath.Join(dir, "made")}, tiny...), "--samples", "1e7")
			}},
		"resume": {words(run), func(dir string) []string {
			if err := exec.Command("cp", "-r", run, filepath.Join(dir, "made")).Run(); err != nil {
				panic(err)
			}
			return []string{filepath.Join(dir, "made"), "--samples", "1e7"}
		}},
		"eval":     {words(run), long(run, "--episodes", "1e8")},
		"export":   {func(_ *testing.T, dir string) []string { return []string{run, "-o", filepath.Join(dir, "p.onnx")} }, nil},
		"diagnose": {func(_ *testing.T, dir string) []string { return []string{run, "-o", filepath.Join(dir, "d.svg")} }, long(run, "--episodes", "1e5", "--horizon", "200")},
		"refit":    {words(run, "--try", "model.epochs=2"), nil},
		"plot":     {func(_ *testing.T, dir string) []string { return []string{run, "-o", filepath.Join(dir, "p.svg")} }, nil},
		"runs":     {words(run), nil},
		"data":     {words(run), nil},
		"render": {func(_ *testing.T, dir string) []string {
			return []string{run, "--size", "32x24", "-o", filepath.Join(dir, "f.gif")}
		},
			func(dir string) []string {
				return []string{run, "--episodes", "1e5", "-o", filepath.Join(dir, "f.gif")}
			}},
		"replay": {func(t *testing.T, dir string) []string {
			return []string{"--task", "cartpole", recorded(t, dir)}
		}, nil},
		"tasks":      {words("cartpole"), nil},
		"bench":      {words("rollout", "--quick"), long("iteration", "--algo", "mal", "--sizes", "pen")},
		"doctor":     {words(), nil},
		"version":    {words(), nil},
		"completion": {words("bash"), nil},
	}
}

// recorded writes a recording of cartpole of one step, from rest and without a push.
func recorded(t *testing.T, dir string) string {
	t.Helper()
	path := filepath.Join(dir, "still.json")
	text := `{"task":"cartpole","nq":2,"nv":2,"obs_dim":4,"act_dim":1,"episodes":[{"init_qpos":[0,0],"init_qvel":[0,0],` +
		`"actions":[[0]],"qpos":[[0,0]],"qvel":[[0,0]],"obs":[[0,0,0,0]],"reward":[1],"done":[false]}]}`
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	return path
}

// eachVerb runs a test for every verb of the program.
func eachVerb(t *testing.T, test func(t *testing.T, verb string, m mannered)) {
	known := manners(trained(t))
	p := &program{}
	for _, command := range p.app().Commands {
		if command.Hidden {
			continue
		}
		m, found := known[command.Name]
		if !found {
			t.Errorf("%s: how does it behave?", command.Name)
			continue
		}
		t.Run(command.Name, func(t *testing.T) { test(t, command.Name, m) })
	}
}

// ended runs a command and returns its exit code.
func ended(t *testing.T, command *exec.Cmd) int {
	t.Helper()
	err := command.Run()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	return command.ProcessState.ExitCode()
}

// unknowns are numbers that may be null. Anything else that is null is a list or a section.
const unknowns = " ci_low ci_high std success loss_fresh error_before error_after correlation pearson spearman cg_residual kl gain " +
	"predicted_return realised_return open closed low high mean_spread parameter_low parameter_high return final second_half mean min max " +
	"predicted realised mean_predicted mean_realised terminated model_return length stop_at got_return got cosine explained "

// checkJSON wants one object a line, without a list that is null; it returns the last.
func checkJSON(t *testing.T, text []byte) map[string]any {
	t.Helper()
	var last map[string]any
	for line := range bytes.Lines(text) {
		last = nil
		if err := json.Unmarshal(line, &last); err != nil {
			t.Fatalf("%v: %.200s", err, line)
		}
		checkNulls(t, "", last)
	}
	if last == nil {
		t.Fatal("nothing is printed")
	}
	return last
}

func checkNulls(t *testing.T, key string, value any) {
	t.Helper()
	switch v := value.(type) {
	case nil:
		if !strings.Contains(unknowns, " "+key+" ") {
			t.Errorf("%s is null", key)
		}
	case map[string]any:
		for name, inside := range v {
			checkNulls(t, name, inside)
		}
	case []any:
		for _, inside := range v {
			checkNulls(t, key, inside)
		}
	}
}

func TestEveryVerbSpeaksJSON(t *testing.T) {
	eachVerb(t, func(t *testing.T, verb string, m mannered) {
		dir := t.TempDir()
		var stdout bytes.Buffer
		command := palmal(append(append([]string{verb}, m.good(t, dir)...), "--json")...)
		command.Stdout = &stdout
		if code := ended(t, command); code != 0 {
			t.Fatalf("ends with %d: %s", code, stdout.Bytes())
		}
		checkJSON(t, stdout.Bytes())
		for _, help := range [][]string{{verb, "--help", "--json"}, {"help", verb, "--json"}, {"help", "--json", verb}} {
			out, err := palmal(help...).Output()
			if described := checkJSON(t, out); err != nil || described["verb"] != verb || len(described["flags"].([]any)) < 2 {
				t.Errorf("%v: %v, %s", help, err, out)
			}
		}
		stdout.Reset()
		command = palmal(verb, "--no-such-flag", "--json")
		command.Stdout = &stdout
		code := ended(t, command)
		if failed := checkJSON(t, stdout.Bytes()); code != usage.Mistake || failed["event"] != "error" || failed["exit_code"] != float64(code) {
			t.Errorf("a mistake ends with %d: %s", code, stdout.Bytes())
		}
	})
	for _, all := range [][]string{{"help", "--json"}, {"--help", "--json"}} {
		out, err := palmal(all...).Output()
		if described := checkJSON(t, out); err != nil || len(described["verbs"].([]any)) < 10 {
			t.Errorf("%v: %v, %s", all, err, out)
		}
	}
}

// TestWhatCannotBePrintedIsSaid gives every verb a standard output that takes nothing, for a success,
// help and JSON. A reader that went away is no failure.
func TestWhatCannotBePrintedIsSaid(t *testing.T) {
	full, err := os.OpenFile("/dev/full", os.O_WRONLY, 0)
	if err != nil {
		t.Skip(err)
	}
	defer full.Close()
	eachVerb(t, func(t *testing.T, verb string, m mannered) {
		for i, flags := range [][]string{nil, {"--json"}, {"--help"}, {"--help", "--json"}} {
			if i == 1 && (verb == "bench" || verb == "doctor") {
				continue // these take seconds
			}
			dir := t.TempDir()
			args := append(append([]string{verb}, m.good(t, dir)...), flags...)
			var stderr bytes.Buffer
			command := palmal(args...)
			command.Stdout, command.Stderr = full, &stderr
			if code := ended(t, command); code != usage.Failure || !strings.Contains(stderr.String(), "standard output: write") {
				t.Errorf("%v: ends with %d and says %q", flags, code, stderr.String())
			}
			if made := filepath.Join(dir, "made", "metrics.jsonl"); verb == "train" && i < 2 {
				if _, err := os.Stat(made); err != nil {
					t.Errorf("%v: the run did not continue: %v", flags, err)
				}
			}
			if i > 0 {
				continue
			}
			reader, writer, err := os.Pipe()
			if err != nil {
				t.Fatal(err)
			}
			reader.Close()
			command = palmal(append([]string{verb}, m.good(t, t.TempDir())...)...)
			command.Stdout, command.Stderr = writer, &stderr
			if code := ended(t, command); code != 0 {
				t.Errorf("without a reader: ends with %d: %s", code, stderr.String())
			}
			writer.Close()
		}
	})
}

// TestAClosedOutputIsNoOtherFile starts a run without a standard output: no file that it opens may take
// its place and receive what is printed.
func TestAClosedOutputIsNoOtherFile(t *testing.T) {
	run := filepath.Join(t.TempDir(), "made")
	args := append([]string{"train", "--out", run}, tiny...)
	if out, err := exec.Command("sh", append([]string{"-c", `exec palmal "$@" >&- 2>&-`, "sh"}, args...)...).CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	text, err := os.ReadFile(filepath.Join(run, "metrics.jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	for line := range bytes.Lines(text) {
		if !json.Valid(line) {
			t.Errorf("metrics: %.200s", line)
		}
	}
}

func TestNamesFromOutsideAreQuoted(t *testing.T) {
	odd := "a\x1b]0;owned\x07\x1b[2J\u009b\u202eb"
	dir := t.TempDir()
	for _, args := range [][]string{{odd}, {"train", odd}, {"train", "--task", odd}, {"train", "--" + odd}, {"train", "--set", odd}, {"train", "--set", odd + "=1"},
		{"train", "--task", "cartpole", "--config", filepath.Join(dir, odd)}, {"train", "--task", "cartpole", "--set", "seed=" + odd}, {"eval", odd}, {"resume", odd},
		{"plot", odd}, {"diagnose", odd}, {"render", odd}, {"render", "--task", odd, "--zero"}, {"replay", "--task", "cartpole", odd}, {"tasks", odd}, {"bench", odd},
		{"completion", odd}, {"doctor", odd}, {"version", odd}, {"help", odd}, {"train", "--task", "cartpole", "--backend", odd}, {"bench", "--repeat", odd},
		{"train", "--task", "cartpole", "--out", odd, "--dry-run"}, {"train", "--task", "pointmass", "--perturb", "1:" + odd + "=1", "--dry-run"}} {
		for _, more := range [][]string{nil, {"--json"}} {
			out, _ := palmal(append(args, more...)...).CombinedOutput()
			if bytes.ContainsAny(out, "\x1b\x07") || bytes.ContainsAny(out, "\u009b\u202e") || len(out) == 0 {
				t.Errorf("%q prints %q", args, out)
			}
		}
	}
}
