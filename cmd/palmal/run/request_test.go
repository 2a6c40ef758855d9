package run

import (
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/palmal-rl/palmal/cmd/palmal/internal/usage"
)

// Whatever a configuration file holds, it is read or refused at once: none of these may take the time or
// the memory that its size suggests to somebody who means harm.
func TestFilesOfAnySizeAreReadOrRefusedAtOnce(t *testing.T) {
	var keys, deep, bomb strings.Builder
	for i := range 100_000 {
		fmt.Fprintf(&keys, "k%d: 1\n", i)
	}
	bomb.WriteString("task: cartpole\nmodel:\n  hidden: &a0 [1, 1, 1, 1, 1, 1, 1, 1, 1, 1]\n")
	for i := range 30 {
		fmt.Fprintf(&bomb, "x%d: &a%d [*a%d, *a%d, *a%d, *a%d]\n", i, i+1, i, i, i, i)
	}
	deep.WriteString("task: cartpole\nnpg: " + strings.Repeat("{npg: ", 5000) + "1" + strings.Repeat("}", 5000) + "\n")
	for name, c := range map[string]struct{ text, want string }{
		"many unknown keys":    {keys.String(), "mistakes more"},
		"a file of 3 MiB":      {strings.Repeat("# nothing\n", 300_000), "more than 1024 KiB"},
		"many layers":          {"task: cartpole\nmodel:\n  hidden: [" + strings.Repeat("1,", 400_000) + "1]\n", "is a list of 400001, want at most 1000"},
		"some layers":          {"task: cartpole\nmodel:\n  hidden: [" + strings.Repeat("1,", 99) + "1]\n", "has 100 layers, must have at most 32"},
		"layers in words":      {"task: cartpole\nmodel:\n  hidden: " + strings.Repeat("1,", 99) + "1\n", "has 100 layers, must have at most 32"},
		"wide layers":          {"task: cartpole\nmodel:\n  hidden: [1_000_000_000]\n", "has 1000000000 units in layer 1, must have from 1 to 65536"},
		"aliases of aliases":   {bomb.String(), "unknown key"},
		"an alias of itself":   {"task: cartpole\nmodel:\n  hidden: &a [*a, 1]\n", "model.hidden item 0 is a list"},
		"a section of itself":  {"task: cartpole\nnpg: &n {npg: *n}\n", `unknown key "npg.npg"`},
		"sections in sections": {deep.String(), ""},
		"a key of 500 KiB":     {"task: cartpole\n? " + strings.Repeat("k", 500_000) + "\n: 1\n", "unknown key"},
		"a number of 500 KiB":  {"task: cartpole\nsamples: " + strings.Repeat("1", 500_000) + "\n", "more than 1000 characters"},
		"a word of 500 KiB":    {"task: " + strings.Repeat("x", 500_000) + "\n", "unknown task"},
		"nothing":              {"", "holds no key"},
		"comments only":        {"# samples: 5\n", "holds no key"},
		"zeros":                {strings.Repeat("\x00", 1000), "control characters"},
	} {
		t.Run(name, func(t *testing.T) {
			begin := time.Now()
			_, err := resolveFile(t, c.text)
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("%.300v, want %q", err, c.want)
			}
			if code, _ := usage.Code(err); code != usage.Mistake {
				t.Errorf("exit code %d", code)
			}
			const patience = 5 * time.Second // it takes a few tenths, on a machine that does nothing else
			if took := time.Since(begin); took > patience {
				t.Errorf("took %v", took)
			}
			if err != nil && len(err.Error()) > 1_100_000 {
				t.Errorf("says %d bytes", len(err.Error()))
			}
		})
	}
}

func TestWhatYAMLCanSayHasOneMeaningOrNone(t *testing.T) {
	for text, want := range map[string]string{
		"task: cartpole\npolicy: &p {hidden: [8]}\nvalue: {<<: *p}\n": "my.yaml:3:9: merge keys (<<) are not read here",
		"task: cartpole\n<<: {seed: 3}\n":                             "merge keys (<<) are not read here",
		"task: cartpole\n\"\": 3\n":                                   "a key is one word",
		"task: cartpole\n? [a]\n: 3\n":                                "a key is one word",
		"task: cartpole\n!!str seed: 3\n":                             "a key is one word",
		"task: cartpole\nseed: !!int 3\n":                             `seed has the tag "!!int"`,
		"task: cartpole\nseed: !mine 3\n":                             `seed has the tag "!mine"`,
		"task: cartpole\nseed: 0x10\n":                                `seed is "0x10", want a whole number that is not negative: numbers are decimal here`,
		"task: cartpole\nseed: 0o17\n":                                `numbers are decimal here`,
		"task: cartpole\nseed: 017\n":                                 `octal`,
		"task: cartpole\nseed: 1:30\n":                                `base 60`,
		"task: cartpole\nseed: ~\n":                                   `seed is "~", want a whole number`,
		"task: cartpole\nseed: null\n":                                `seed is "null", want a whole number`,
		"task: cartpole\nseed: 2001-12-14\n":                          `seed is "2001-12-14"`,
		"task: cartpole\nseed: 9007199254740993.5\n":                  `it has a fraction`,
		"task: cartpole\nseed: 18446744073709551616\n":                `beyond 64 bits`,
		"task: cartpole\nsamples: 9223372036854775808\n":              `beyond 64 bits`,
		"task: cartpole\nsamples: 9223372036854775807\n":              `must be at most 1000000000000`,
		"task: cartpole\nnpg: {gamma: .inf}\n":                        `npg.gamma is +Inf, must be from 0 to 1`,
		"task: cartpole\nnpg: {gamma: 1e-400}\n":                      `takes it for 0`,
		"task: cartpole\nnpg: {step_size: 1e400}\n":                   `too large`,
		"task: cartpole\nnpg: {step_size: 1e300}\n":                   `npg.step_size is 1e+300, must be from 1e-30 to 1e+30`,
		"task: cartpole\nmodel: {shift: on}\n":                        `want true or false`,
		"task: cartpole\nmodel: {shift: True}\n":                      `want true or false`,
		"task: cartpole\nrun: {workers: 1000000000}\n":                `run.workers is 1000000000, must be at most 4096`,
		"task: cartpole\nmodel: {members: 9223372036854775807}\n":     `model.members is 9223372036854775807, must be at most 1000`,
		"task: cartpole\nseed: 3\nseed: 4\n":                          `is given twice`,
	} {
		if _, err := resolveFile(t, text); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %q", text, err, want)
		}
	}
	for text, seed := range map[string]uint64{"18446744073709551615": 1<<64 - 1, "9007199254740993.0": 1<<53 + 1, "1e1": 10, "&a 7": 7} {
		resolved, err := resolveFile(t, "task: cartpole\nseed: "+text+"\n")
		if err != nil || resolved.Config.Seed != seed {
			t.Errorf("seed %s is %d, %v", text, resolved.Config.Seed, err)
		}
	}
}

// Every key takes the ends of the range of its type, or refuses them by name; that nothing is started is
// for the caller.
func TestTheEndsOfEveryRangeAreRefusedInWords(t *testing.T) {
	for _, key := range Keys() {
		for _, value := range []string{"9223372036854775807", "-9223372036854775808", "18446744073709551615", "2147483648", "1e308", "-1e308", "5e-324", ".inf", "-.inf", "[]", "[9223372036854775807]", "''"} {
			resolved, err := Resolve(Request{Sets: []string{"task=cartpole", key + "=" + value}, Backends: []string{"cpu"}})
			if err != nil {
				if code, _ := usage.Code(err); code != usage.Mistake ||
					!strings.Contains(err.Error(), lastWord(key)) && !strings.Contains(err.Error(), "unknown") && !strings.Contains(err.Error(), "initial_log_std") && key != "task" {
					t.Errorf("%s=%s: %v", key, value, err)
				}
				continue
			}
			_ = resolved.Warnings()
			if !fitting(resolved.Config, key, value) {
				t.Errorf("%s=%s is taken", key, value)
			}
		}
	}
}

// fitting reports whether a key may have a value at the end of some range: seeds have all of theirs,
// numbers that are no sizes reach far, and no list of strings or counts must hold anything.
func fitting(config Config, key, value string) bool {
	switch kind := fields(&config)[key].Kind(); {
	case kind == reflect.Uint64:
		return true
	case kind == reflect.Float64:
		return key == "evaluation.stop_at" || !strings.Contains(value, "inf") && !strings.Contains(value, "1e308")
	}
	if strings.HasPrefix(key, "run.device") && value == "''" {
		return true // the first device, all of its memory
	}
	if key == "data" || key == "from" || key == "data_digest" && value == "''" {
		return true // any text may be a path; one that leads nowhere is refused before the run begins
	}
	if key == "run.python" || key == "world" {
		return true // any text may be the name of a program; one that is missing is refused where a task needs it
	}
	if key == "policy.symmetry" {
		return true // any text may be the name of a symmetry; one that the task does not have is refused before the run begins
	}
	sizes := []string{"samples", "buffer", "run.keep_at", "run.device_memory"}
	return value == "[]" || value == "2147483648" && slices.Contains(sizes, key)
}

func TestARunDirectoryNamesItsConfiguration(t *testing.T) {
	dir := t.TempDir()
	if _, err := Resolve(Request{File: dir, Backends: []string{"cpu"}}); err == nil || !strings.Contains(err.Error(), "is a directory without config.yaml") {
		t.Errorf("an empty directory: %v", err)
	}
	if err := os.WriteFile(filepath.Join(dir, "config.yaml"), []byte("task: cartpole\nseed: 5\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	resolved, err := Resolve(Request{File: dir, Backends: []string{"cpu"}})
	if err != nil || resolved.Config.Seed != 5 || !strings.HasSuffix(resolved.Origins["seed"], "config.yaml:2:1") {
		t.Errorf("%v, %v", resolved, err)
	}
}

// A run's config.yaml names every key, and a preset has values for other players.
func TestWhatNobodyAskedForIsNotSaid(t *testing.T) {
	first, err := Resolve(Request{Sets: []string{"task=cartpole", "preset=tuned", "policy.player=pathwise", "samples=800"}, Backends: []string{"cpu"}})
	if err != nil {
		t.Fatal(err)
	}
	text, err := first.Config.YAML()
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "config.yaml")
	if err := os.WriteFile(file, text, 0o600); err != nil {
		t.Fatal(err)
	}
	again, err := Resolve(Request{File: file, Backends: []string{"cpu"}})
	if err != nil || again.Origins["npg.buffer_starts"] == "" || again.Config.NPG.BufferStarts == 0 {
		t.Fatalf("%v: origin %q", err, again.Origins["npg.buffer_starts"])
	}
	for name, r := range map[string]Resolved{"asked": first, "read from its file": again} {
		if said := r.Warnings(); len(said) != 0 {
			t.Errorf("%s: %q", name, said)
		}
	}
}

func TestWhatWillNotHappenIsSaid(t *testing.T) {
	for want, sets := range map[string][]string{
		"samples is 1, but":       {"samples=1", "evaluation.stop_at=.inf"},
		"run.keep_at 5000":        {"run.keep_at=5000", "samples=5000"},
		"is given more than once": {"seed=1", "seed=2"},
		"leaves fewer in":         {"evaluation.every=1000", "evaluation.stop_at=5"},
		"npg.data_starts does nothing where policy.player is pathwise":     {"preset=pathwise", "npg.data_starts=0.5", "npg.momentum=0.5"},
		"npg.momentum does nothing where policy.player is actor-critic":    {"preset=actor-critic", "npg.momentum=0.5"},
		"npg.pessimism does nothing where policy.player is actor-critic":   {"preset=actor-critic", "npg.pessimism=-0.5"},
		"npg.buffer_starts does nothing where policy.player is pathwise":   {"preset=pathwise", "npg.buffer_starts=0.5"},
		"npg.min_path_length does nothing where policy.player is pathwise": {"preset=pathwise", "npg.min_path_length=5"},
		"npg.entropy does nothing where policy.player is plan":             {"policy.player=plan", "plan.around=zero", "npg.entropy=0.1"},
	} {
		resolved, err := Resolve(Request{Sets: append([]string{"task=cartpole"}, sets...), Backends: []string{"cpu"}})
		if err != nil || len(resolved.Warnings()) != 1 || !strings.Contains(resolved.Warnings()[0], want) {
			t.Errorf("%v: %v, %q", sets, err, resolved.Warnings())
		}
	}
	for _, set := range []string{"algo=pal", "algo=mal", "algo=gda", "algo=br", "npg.pessimism=0.5", "npg.data_starts=0.5", "policy.player=plan", "policy.player=actor-critic"} {
		resolved, err := Resolve(Request{Sets: []string{"task=cartpole", "preset=tuned", "run.keep_at=500", set}, Backends: []string{"cpu"}})
		if err != nil || len(resolved.Warnings()) != 0 {
			t.Errorf("%s: %v, %q", set, err, resolved.Warnings())
		}
	}
}
