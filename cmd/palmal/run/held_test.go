package run

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/palmal-rl/palmal/cmd/palmal/disk"
	"github.com/palmal-rl/palmal/cmd/palmal/disk/disktest"
)

// TestARunThatIsRenamedStaysTheSame renames a run while it is played and makes another at its path.
func TestARunThatIsRenamedStaysTheSame(t *testing.T) {
	t.Chdir(t.TempDir())
	d, err := Create("run", testConfig(t), testFacts())
	must(t, err)
	config := testConfig(t)
	game := &fakeGame{end: 6, before: func(i int64) error {
		if i == 3 {
			must(t, os.Rename("run", "moved"))
			must(t, play(t, made(t, "run"), 0, &fakeGame{end: 2}, config.Run, nil))
		}
		return nil
	}}
	must(t, play(t, d, 0, game, config.Run, nil))
	for path, want := range map[string]int{"moved": 6, "run": 2} {
		other, _, err := Open(path)
		must(t, err)
		records, err := other.Records()
		must(t, err)
		if all := checkpoints(t, other); len(records) != want || all[len(all)-1] != want {
			t.Errorf("%s: %d records, checkpoints %v, want %d", path, len(records), all, want)
		}
	}
}

// TestWritingGoesThroughNoLink puts a link to somebody's file in the place of each file that a run
// writes: it is refused, and nothing is changed.
func TestWritingGoesThroughNoLink(t *testing.T) {
	for _, name := range []string{lockName, FactsName, configName, metricsName, bestName, checkpointsName} {
		d, config := playedRun(t)
		must(t, d.fresh.file.Close())
		d.fresh = nil
		precious := filepath.Join(t.TempDir(), "precious")
		inside := filepath.Join(d.Path, name)
		if _, err := os.Stat(inside); err == nil {
			must(t, os.Rename(inside, precious))
		} else {
			must(t, os.WriteFile(precious, []byte("precious"), 0o600))
		}
		must(t, os.Symlink(precious, inside))
		before := tree(t, d.Path) + tree(t, precious)
		unlock, err := d.Lock()
		if err == nil {
			_, err = Begin(d, 5, &fakeGame{}, config, nil)
			must(t, unlock())
		}
		if !errors.Is(err, disk.ErrKind) || !strings.Contains(err.Error(), filepath.Base(name)) || !strings.Contains(err.Error(), "is a link") {
			t.Errorf("%s: error %v", name, err)
		}
		if tree(t, d.Path)+tree(t, precious) != before {
			t.Errorf("%s: something was changed", name)
		}
	}
}

// tree lists what is at a path, with contents.
func tree(t *testing.T, path string) string {
	t.Helper()
	var all strings.Builder
	err := filepath.Walk(path, func(path string, info os.FileInfo, err error) error {
		if err != nil {
			return err
		}
		all.WriteString(path + " " + info.Mode().String() + "\n")
		if info.Mode().IsRegular() {
			all.WriteString(contents(t, path))
		}
		return nil
	})
	must(t, err)
	return all.String()
}

// TestReadingFollowsLinks moves checkpoints to a bigger disk, all and one of them.
func TestReadingFollowsLinks(t *testing.T) {
	d, config := playedRun(t)
	big := t.TempDir()
	must(t, os.Rename(d.CheckpointPath(5), filepath.Join(big, "five")))
	must(t, os.Symlink(filepath.Join(big, "five"), d.CheckpointPath(5)))
	must(t, play(t, d, 5, &fakeGame{end: 9}, config.Run, nil)) // the link goes when the checkpoint does
	if _, err := os.Stat(filepath.Join(big, "five", manifestName)); err != nil {
		t.Errorf("what the link leads to: %v", err)
	}
	if all := checkpoints(t, d); len(all) != 3 || all[2] != 9 {
		t.Errorf("kept %v", all)
	}
	must(t, os.Rename(filepath.Join(d.Path, checkpointsName), filepath.Join(big, "all")))
	must(t, os.Symlink(filepath.Join(big, "all"), filepath.Join(d.Path, checkpointsName)))
	if _, _, err := d.Read(9); err != nil {
		t.Error(err)
	}
}

// TestARemovedLockIsNoticed removes LOCK during a run: nobody else can take it then; if
// somebody did before it was noticed, the run stops and writes nothing more.
func TestARemovedLockIsNoticed(t *testing.T) {
	for _, taken := range []bool{false, true} {
		d, config := newRun(t)
		unlock, err := d.Lock()
		must(t, err)
		var warned []string
		d.WarnBy(func(text string) { warned = append(warned, text) })
		other, _, err := Open(d.Path)
		must(t, err)
		before := ""
		err = play(t, d, 0, &fakeGame{end: 6, before: func(i int64) error {
			if i == 3 {
				must(t, os.Remove(filepath.Join(d.Path, lockName)))
				if taken {
					_, err := other.Lock()
					must(t, err)
				}
				before = tree(t, d.Path)
			}
			return nil
		}}, config.Run, nil)
		if taken {
			if !errors.Is(err, ErrTaken) || tree(t, d.Path) != before {
				t.Errorf("taken over: error %v", err)
			}
			continue
		}
		if err != nil || len(warned) != 1 || !strings.Contains(warned[0], "LOCK was removed") {
			t.Errorf("error %v, warned %q", err, warned)
		}
		if _, err := other.Lock(); err == nil {
			t.Error("another process gets the lock")
		}
		must(t, unlock())
	}
}

// TestARefusedLockLeavesNothing: a run without LOCK has none after a refusal.
func TestARefusedLockLeavesNothing(t *testing.T) {
	d, _ := playedRun(t)
	must(t, os.Remove(filepath.Join(d.Path, lockName)))
	other, _, err := Open(d.Path)
	must(t, err)
	before := tree(t, d.Path)
	unlock, err := other.Lock()
	must(t, err)
	must(t, unlock())
	if tree(t, d.Path) != before {
		t.Error("the lock stays")
	}
}

// TestHousekeepingEndsNoRun lets what a run does not need fail all the time, as file systems do.
func TestHousekeepingEndsNoRun(t *testing.T) {
	for operation, failures := range map[string][]error{
		"lock":    {syscall.ENOSYS, syscall.ENOLCK, syscall.EOPNOTSUPP, syscall.EINVAL},
		"syncdir": {syscall.EINVAL, syscall.ENOSYS, syscall.ENOTSUP, syscall.EACCES},
		"sync":    {syscall.EINVAL, syscall.ENOSYS},
		"remove":  {syscall.EPERM, syscall.EBUSY, syscall.EIO},
	} {
		for _, failure := range failures {
			l := newLife(t)
			l.config.Run.KeepLast = 1
			warned := l.liveWith(t, operation, failure)
			if len(warned) != 1 {
				t.Errorf("%s %v: warned %q", operation, failure, warned)
			}
		}
	}
}

// liveWith lives while an operation always fails, and returns what was warned of.
func (l *life) liveWith(t *testing.T, operation string, failure error) (warned []string) {
	t.Helper()
	f := disktest.NewFaulty(disktest.NewMemory(), func(asked, name string) error {
		if asked == operation && name != bestName { // whose removal is needed
			return failure
		}
		return nil
	})
	l.warn = func(text string) { warned = append(warned, text) }
	if err := l.live(f); err != nil {
		t.Errorf("%s %v: %v", operation, failure, err)
	}
	return warned
}
