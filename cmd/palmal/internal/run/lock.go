package run

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/gofrs/flock"
)

// holder is what the file LOCK says of the process that writes to a run directory. The lock itself
// is flock(2) on that file: it goes with the process, however that ends.
type holder struct {
	Host    string    `json:"host"`
	Process int       `json:"process"`
	Since   time.Time `json:"since"`
}

// Lock makes this process the only one that writes to the run, until unlock.
func (d *Directory) Lock() (unlock func() error, err error) {
	path := filepath.Join(d.Path, "LOCK")
	lock := flock.New(path)
	got, err := lock.TryLock()
	if err != nil {
		return nil, fmt.Errorf("lock %s: %w", d.Path, err)
	}
	if !got {
		return nil, lockedBy(d.Path, path)
	}
	host, _ := os.Hostname() // only to be shown
	note, err := json.Marshal(holder{host, os.Getpid(), time.Now().UTC().Truncate(time.Second)})
	if err == nil {
		err = os.WriteFile(path, append(note, '\n'), 0o644)
	}
	if err != nil {
		return nil, fmt.Errorf("lock %s: %w", d.Path, err)
	}
	return lock.Unlock, nil
}

// lockedBy tells who holds the lock.
func lockedBy(run, path string) error {
	var who holder
	text, err := os.ReadFile(path)
	if err == nil {
		err = json.Unmarshal(text, &who)
	}
	if err != nil {
		return fmt.Errorf("%s is in use by another process", run)
	}
	return fmt.Errorf("%s is in use by process %d on %s since %s: wait for it or stop it with kill %d",
		run, who.Process, who.Host, who.Since.Local().Format("15:04:05 on 2 January"), who.Process)
}
