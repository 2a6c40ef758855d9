package run

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/palmal-rl/palmal/cmd/palmal/disk"
)

// TestAnInboxHasOneRunAtATime: two that take from one folder would learn each other's episodes.
func TestAnInboxHasOneRunAtATime(t *testing.T) {
	path := filepath.Join(t.TempDir(), "new", "box")
	warn := func(text string) { t.Error(text) }
	unlock, err := LockInbox(path, warn)
	must(t, err)
	if _, err := LockInbox(path, warn); !errors.Is(err, disk.ErrLocked) || !strings.Contains(err.Error(), path+" is in use by process") {
		t.Errorf("a second run: error %v", err)
	}
	must(t, unlock())
	unlock, err = LockInbox(path, warn)
	must(t, err)
	must(t, unlock())
	file := filepath.Join(path, "file")
	must(t, os.WriteFile(file, nil, 0o600))
	if _, err := LockInbox(file, warn); err == nil || errors.Is(err, disk.ErrLocked) {
		t.Errorf("a file: error %v", err)
	}
}
