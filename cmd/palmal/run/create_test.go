package run

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/palmal-rl/palmal/cmd/palmal/disk"
	"github.com/palmal-rl/palmal/cmd/palmal/internal/usage"
)

// made makes a run and closes it.
func made(t *testing.T, path string) *Directory {
	t.Helper()
	d, err := Create(path, testConfig(t), testFacts())
	if err != nil {
		t.Fatal(err)
	}
	unlock, err := d.Lock()
	if err == nil {
		err = unlock()
	}
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// TestAPathIsTakenAsTheOperatingSystemTakesIt makes runs by all spellings of a path: the run is in
// the directory that the path leads to, and what led there still does.
func TestAPathIsTakenAsTheOperatingSystemTakesIt(t *testing.T) {
	for name, spell := range map[string]struct {
		path, place string
		prepare     func(t *testing.T)
	}{
		"new":            {"x/y/run", "x/y/run", nil},
		"trailing slash": {"run///", "run", nil},
		"trailing dot":   {"run/./", "run", nil},
		"double slashes": {".//a//run", "a/run", nil},
		"empty":          {"run", "run", func(t *testing.T) { must(t, os.Mkdir("run", 0o700)) }},
		"dot": {".", "in", func(t *testing.T) {
			must(t, os.Mkdir("in", 0o700))
			t.Chdir("in")
		}},
		"link": {"link", "big/disk", func(t *testing.T) {
			must(t, errors.Join(os.MkdirAll("big/disk", 0o700), os.Symlink("big/disk", "link")))
		}},
		"below a link": {"link/run", "big/run", func(t *testing.T) {
			must(t, errors.Join(os.Mkdir("big", 0o700), os.Symlink("big", "link")))
		}},
		"up from a link": {"link/../run", "a/run", func(t *testing.T) {
			must(t, errors.Join(os.MkdirAll("a/b", 0o700), os.Symlink("a/b", "link")))
		}},
		"fresh ext4": {"mount", "mount", func(t *testing.T) { must(t, os.MkdirAll("mount/lost+found", 0o700)) }},
	} {
		t.Run(name, func(t *testing.T) {
			root := t.TempDir()
			t.Chdir(root)
			if spell.prepare != nil {
				spell.prepare(t)
			}
			made(t, spell.path)
			if _, _, err := Open(filepath.Join(root, spell.place)); err != nil {
				t.Error(err)
			}
			for _, link := range []string{"link"} {
				if info, err := os.Lstat(filepath.Join(root, link)); err == nil && info.Mode()&os.ModeSymlink == 0 {
					t.Errorf("the link became %v", info.Mode())
				}
			}
			if left, _ := filepath.Glob(filepath.Join(filepath.Dir(filepath.Join(root, spell.place)), disk.Writing+"*")); len(left) > 0 {
				t.Errorf("left %v", left)
			}
		})
	}
}

// TestAnEmptyDirectoryInAParentThatCannotBeWrittenIsFilled works in a parent where nothing can be made.
func TestAnEmptyDirectoryInAParentThatCannotBeWrittenIsFilled(t *testing.T) {
	if os.Getuid() == 0 {
		t.Log("run as root, who may write everywhere: the directory is still filled where it is")
	}
	parent := t.TempDir()
	path := filepath.Join(parent, "run")
	must(t, errors.Join(os.Mkdir(path, 0o700), os.Chmod(parent, 0o500)))
	defer os.Chmod(parent, 0o700)
	before, err := os.Stat(path)
	must(t, err)
	made(t, path)
	if after, err := os.Stat(path); err != nil || !os.SameFile(before, after) {
		t.Errorf("another directory is there: %v", err)
	}
}

// TestPlacesThatAreTakenAreRefused: exit code 2, and nothing is changed.
func TestPlacesThatAreTakenAreRefused(t *testing.T) {
	t.Chdir(t.TempDir())
	must(t, errors.Join(os.WriteFile("file", nil, 0o600), os.Symlink("nowhere", "dangling"), os.Mkdir("full", 0o700),
		os.WriteFile("full/notes", nil, 0o600), os.Mkdir("mine", 0o700), os.WriteFile("mine/config.yaml", []byte("task: ant\n"), 0o600)))
	made(t, "run")
	for path, want := range map[string]string{"file": "is a file", "file/x": "not a directory", "dangling": "is a link to nowhere", "full": "is not empty",
		"mine": "is not empty", "run": "exists already"} {
		_, err := Create(path, testConfig(t), testFacts())
		code, _ := usage.Code(err)
		if err == nil || !strings.Contains(err.Error(), want) || !(errors.Is(err, ErrExists) || code == usage.Mistake) {
			t.Errorf("%s: error %v, want %q", path, err, want)
		}
	}
	if text := contents(t, "mine/config.yaml"); text != "task: ant\n" {
		t.Errorf("the user's file now holds %q", text)
	}
}

// TestACreationThatWasKilledIsTakenUp leaves what a kill leaves at each moment of a creation.
func TestACreationThatWasKilledIsTakenUp(t *testing.T) {
	t.Chdir(t.TempDir())
	must(t, errors.Join(os.Mkdir(".writing-run", 0o700), os.WriteFile(".writing-run/LOCK", nil, 0o600), os.Mkdir(".writing-run/checkpoints", 0o700),
		os.WriteFile(".writing-run/.writing-config.yaml", nil, 0o600)))
	made(t, "run")
	must(t, errors.Join(os.Mkdir("here", 0o700), os.WriteFile("here/LOCK", nil, 0o600), os.WriteFile("here/config.yaml", nil, 0o600)))
	if _, _, err := Open("here"); !errors.Is(err, ErrNotRun) || !strings.Contains(err.Error(), "was killed") {
		t.Errorf("opening it: %v", err)
	}
	made(t, "here")
	if left, _ := filepath.Glob(".w*"); len(left) > 0 {
		t.Errorf("left %v", left)
	}
}

// A whole draft, whose process was killed just before it renamed it, is no run: the next one takes its place.
func TestACreationThatWasKilledBeforeTheRenameIsTakenUp(t *testing.T) {
	path := filepath.Join(t.TempDir(), "run")
	made(t, path)
	draft := filepath.Join(filepath.Dir(path), disk.Writing+"run")
	must(t, os.Rename(path, draft))
	if d := made(t, path); d.Path != path {
		t.Errorf("the run is in %s", d.Path)
	}
	if _, err := os.Lstat(draft); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the draft is still there: %v", err)
	}
	if _, err := Create(path, testConfig(t), testFacts()); !errors.Is(err, ErrExists) {
		t.Errorf("made again: %v", err)
	}
}

// TestOneOfTwoCreationsWins makes the same run from many sides at once.
func TestOneOfTwoCreationsWins(t *testing.T) {
	config := testConfig(t)
	for _, exists := range []bool{false, true} {
		for range 10 {
			path := filepath.Join(t.TempDir(), "run")
			if exists {
				must(t, os.Mkdir(path, 0o700))
			}
			var all sync.WaitGroup
			errs := make([]error, 6)
			for i := range errs {
				all.Go(func() { _, errs[i] = Create(path, config, testFacts()) })
			}
			all.Wait()
			won := 0
			for _, err := range errs {
				if err == nil {
					won++
				} else if !errors.Is(err, ErrExists) {
					t.Errorf("exists %v: lost with %v", exists, err)
				}
			}
			if won != 1 {
				t.Errorf("exists %v: %d won", exists, won)
			}
			if _, _, err := Open(path); err != nil {
				t.Error(err)
			}
		}
	}
}
