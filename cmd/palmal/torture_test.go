//go:build unix

package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// TestTorture attacks run directories of the real program for PALMAL_TORTURE, or for some seconds: it
// kills processes at any moment, and alters files between them in all the ways that it knows. What it
// wants: no crash and no hanging; a refusal changes nothing; what continues ends as if nothing had happened.
// What fails in the program's own calls is tried in package run.
func TestTorture(t *testing.T) {
	long := 10 * time.Second
	if text := os.Getenv("PALMAL_TORTURE"); text != "" {
		var err error
		if long, err = time.ParseDuration(text); err != nil {
			t.Fatalf("PALMAL_TORTURE: %v", err)
		}
	}
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	a := &attack{T: t, rng: rand.New(rand.NewPCG(seed, 0)), whole: trained(t)}
	a.want = result(t, a.whole)
	a.half = filepath.Join(t.TempDir(), "half")
	command := palmal(append([]string{"train", "--quiet", "--out", a.half}, append(tiny, "--samples", "300")...)...)
	if out, err := command.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	kills, altered, refused := 0, 0, 0
	for until := time.Now().Add(long); time.Now().Before(until) && !t.Failed(); {
		if a.rng.IntN(4) == 0 {
			kills += a.kill()
			continue
		}
		altered++
		if a.alter() {
			refused++
		}
	}
	t.Logf("%d kills, %d altered runs, of which %d were refused", kills, altered, refused)
}

// attack is a row of attacks on copies of runs.
type attack struct {
	*testing.T
	rng         *rand.Rand
	whole, half string            // run directories: at the end, and before it
	want        map[string]string // the result of whole
}

// copied copies a run.
func (a *attack) copied(run string) string {
	a.Helper()
	target := filepath.Join(a.TempDir(), "run")
	if err := os.CopyFS(target, os.DirFS(run)); err != nil {
		a.Fatal(err)
	}
	return target
}

// kill kills a run again and again while it continues from half of it, and compares its end. It returns the number
// of kills.
func (a *attack) kill() int {
	run := a.copied(a.half)
	kills := 0
	for {
		patience := time.Duration(a.rng.Int64N(int64(400 * time.Millisecond << min(kills, 6)))) // grows, so that the test ends
		if !killed(a.T, palmal("resume", run, "--samples", "500", "--quiet"), patience) {
			break
		}
		kills++
	}
	sameResult(a.T, result(a.T, run), a.want)
	return kills
}

// alter alters a file of a run and lets a verb loose on it; it reports whether that refused.
func (a *attack) alter() bool {
	run := a.copied(a.whole)
	name := a.someFile(run)
	ways := wreckings()
	names := slices.Sorted(maps.Keys(ways))
	way := names[a.rng.IntN(len(names))]
	path := filepath.Join(run, name)
	if err := ways[way](a.rng, path); err != nil {
		a.Fatalf("%s %s: %v", name, way, err)
	}
	verbs := [][]string{{"resume", run, "--samples", "600"}, {"resume", run}, {"eval", run}, {"eval", run, "--best"}, {"plot", run, "-o", run + ".svg"}}
	verb := verbs[a.rng.IntN(len(verbs))]
	before := a.listing(run)
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	var out bytes.Buffer
	command := exec.CommandContext(ctx, "palmal", verb...)
	command.Stdout, command.Stderr = &out, &out
	err := command.Run()
	what := fmt.Sprintf("%s %s, then %v", name, way, verb[0])
	var exit *exec.ExitError
	if ctx.Err() != nil || errors.As(err, &exit) && (exit.ExitCode() < 1 || exit.ExitCode() > 2) || strings.Contains(out.String(), "panic") {
		a.Errorf("%s: %v, %v\n%s", what, err, ctx.Err(), out.String())
		return false
	}
	if err != nil && a.listing(run) != before {
		a.Errorf("%s: refused, but changed\n%s", what, out.String())
	}
	if err == nil && verb[0] == "resume" && len(verb) == 2 && name != "config.yaml" {
		sameResult(a.T, result(a.T, run), a.want)
		if a.Failed() {
			a.Log(what)
		}
	}
	return err != nil
}

// someFile draws a file of a run.
func (a *attack) someFile(run string) string {
	var files []string
	err := fs.WalkDir(os.DirFS(run), ".", func(path string, d fs.DirEntry, err error) error {
		if err == nil && d.Type().IsRegular() {
			files = append(files, path)
		}
		return err
	})
	if err != nil {
		a.Fatal(err)
	}
	return files[a.rng.IntN(len(files))]
}

// listing is everything in a run, with contents.
func (a *attack) listing(run string) string {
	var all strings.Builder
	err := fs.WalkDir(os.DirFS(run), ".", func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		fmt.Fprintf(&all, "%s %v\n", path, d.Type())
		if info, err := d.Info(); err == nil && d.Type().IsRegular() && info.Size() < 1<<28 {
			all.Write(mustRead(a.T, filepath.Join(run, path)))
		}
		return nil
	})
	if err != nil {
		a.Fatal(err)
	}
	return all.String()
}

// wreckings are the ways to alter a file.
func wreckings() map[string]func(rng *rand.Rand, path string) error {
	inPlace := func(change func(rng *rand.Rand, text []byte) []byte) func(*rand.Rand, string) error {
		return func(rng *rand.Rand, path string) error {
			text, err := os.ReadFile(path)
			if err != nil {
				return err
			}
			return os.WriteFile(path, change(rng, text), 0o644)
		}
	}
	instead := func(put func(path string) error) func(*rand.Rand, string) error {
		return func(_ *rand.Rand, path string) error { return errors.Join(os.Remove(path), put(path)) }
	}
	numbers := regexp.MustCompile(`-?[0-9]+(\.[0-9]+)?`)
	return map[string]func(*rand.Rand, string) error{
		"with a bit turned": inPlace(func(rng *rand.Rand, text []byte) []byte {
			if len(text) > 0 {
				text[rng.IntN(len(text))] ^= 1 << rng.IntN(8)
			}
			return text
		}),
		"cut": inPlace(func(rng *rand.Rand, text []byte) []byte { return text[:rng.IntN(len(text)+1)] }),
		"longer": inPlace(func(rng *rand.Rand, text []byte) []byte {
			return append(text, text[:rng.IntN(len(text)+1)]...)
		}),
		"with another number": inPlace(func(rng *rand.Rand, text []byte) []byte {
			all := numbers.FindAllIndex(text, -1)
			if len(all) == 0 {
				return text
			}
			at := all[rng.IntN(len(all))]
			with := []string{"-1", "0", "1", "7", "1e99", "9223372036854775807", "1000000000", strconv.FormatFloat(rng.NormFloat64(), 'g', -1, 64)}
			return slices.Concat(text[:at[0]], []byte(with[rng.IntN(len(with))]), text[at[1]:])
		}),
		"removed":     instead(func(string) error { return nil }),
		"a pipe":      instead(func(path string) error { return syscall.Mkfifo(path, 0o600) }),
		"a directory": instead(func(path string) error { return os.Mkdir(path, 0o700) }),
		"a device":    instead(func(path string) error { return os.Symlink("/dev/zero", path) }),
		"3 GiB long":  func(_ *rand.Rand, path string) error { return os.Truncate(path, 3<<30) },
	}
}
