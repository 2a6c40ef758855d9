package run

import (
	"io/fs"
	"os"
	"testing"

	"github.com/palmal-rl/palmal/cmd/palmal/disk"
)

// readOnly is a folder in which somebody may not write.
type readOnly struct{ disk.Folder }

// Append refuses every file.
func (readOnly) Append(string) (disk.File, error) { return nil, fs.ErrPermission }

// TestWhoMayOnlyReadARunSeesWhetherItRuns asks for the state of a run that says that it runs, while a process holds it, after
// that process is gone, and where nobody has locked it.
func TestWhoMayOnlyReadARunSeesWhetherItRuns(t *testing.T) {
	d := made(t, t.TempDir()+"/run")
	must(t, d.WriteFacts(Facts{Schema: Schema, Task: "pointmass", Status: StatusRunning}))
	reader, _, err := Peek(d.Path)
	must(t, err)
	reader.folder = disk.Forgive(readOnly{reader.folder.Folder})
	expect := func(when, want string) {
		t.Helper()
		if state, err := reader.State(); err != nil || state != want {
			t.Errorf("%s: %q, %v, want %s", when, state, err, want)
		}
	}
	unlock, err := d.Lock()
	must(t, err)
	must(t, d.Claim())
	expect("held", StatusRunning)
	must(t, unlock())
	expect("released", StatusKilled)
	must(t, os.Remove(d.Path+"/"+lockName))
	expect("without LOCK", StatusKilled)
}
