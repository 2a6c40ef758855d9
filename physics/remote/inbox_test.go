package remote

import (
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"
)

// openBox opens an inbox whose clock a test moves.
func openBox(t *testing.T) (b *Inbox, clock *time.Time) {
	t.Helper()
	b, err := OpenInbox(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	now := time.Now()
	b.now = func() time.Time { return now }
	return b, &now
}

func put(t *testing.T, b *Inbox, name, text string) {
	t.Helper()
	if err := os.WriteFile(b.Path(name), []byte(text), 0o666); err != nil {
		t.Fatal(err)
	}
}

func complete(t *testing.T, b *Inbox) []string {
	t.Helper()
	names, err := b.Complete([]string{"npz", "json"})
	if err != nil {
		t.Fatal(err)
	}
	return names
}

// A file that still grows is not read; one that has not changed for a while is.
func TestFileIsCompleteOnceItNoLongerChanges(t *testing.T) {
	b, now := openBox(t)
	put(t, b, "b.npz", "x")
	put(t, b, "a.npz", "x")
	if got := complete(t, b); len(got) != 0 {
		t.Errorf("at once: %v", got)
	}
	*now = now.Add(settled / 2)
	put(t, b, "a.npz", "xy")
	complete(t, b)
	*now = now.Add(settled / 2)
	if got := complete(t, b); !slices.Equal(got, []string{"b.npz"}) {
		t.Errorf("one still grew: %v", got)
	}
	*now = now.Add(settled)
	if got := complete(t, b); !slices.Equal(got, []string{"a.npz", "b.npz"}) {
		t.Errorf("both rest: %v", got)
	}
}

// Unfinished copies, folders, links, files of other kinds and palmal's own are no episodes.
func TestOnlyEpisodesAreListed(t *testing.T) {
	b, now := openBox(t)
	for _, name := range []string{".a.npz.Xy12", ".b.npz", "policy-000001.safetensors", "policy-000001.h", WaitingFile, "notes.txt"} {
		put(t, b, name, "x")
	}
	if err := os.Mkdir(b.Path("c.npz"), 0o777); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink("/dev/zero", b.Path("d.npz")); err != nil {
		t.Skip("this system has no links: ", err)
	}
	complete(t, b)
	*now = now.Add(time.Hour)
	if got := complete(t, b); len(got) != 0 {
		t.Errorf("listed %v", got)
	}
}

func TestRefusedFilesKeepTheirReasonAndNothingIsOverwritten(t *testing.T) {
	b, _ := openBox(t)
	for _, text := range []string{"first", "second"} {
		put(t, b, "a.npz", text)
		if refused, err := b.Refuse("a.npz", text+" is wrong"); !refused || err != nil {
			t.Fatalf("refused %t, error %v", refused, err)
		}
		put(t, b, "a.npz", text)
		if err := b.Take("a.npz"); err != nil {
			t.Fatal(err)
		}
	}
	for name, want := range map[string]string{"refused/a.npz": "first", "refused/a.npz.txt": "first is wrong\n", "refused/a.2.npz": "second",
		"refused/a.2.npz.txt": "second is wrong\n", "taken/a.npz": "first", "taken/a.2.npz": "second"} {
		if got, err := os.ReadFile(b.Path(filepath.FromSlash(name))); err != nil || string(got) != want {
			t.Errorf("%s: %q, error %v; want %q", name, got, err, want)
		}
	}
}

// Whoever put a file there may remove it at any time: between the look at it and the move.
func TestFileThatIsGoneIsNeitherTakenNorRefused(t *testing.T) {
	b, _ := openBox(t)
	if err := b.Take("a.npz"); err != nil {
		t.Errorf("taken: %v", err)
	}
	if refused, err := b.Refuse("a.npz", "is wrong"); refused || err != nil {
		t.Errorf("refused %t, error %v", refused, err)
	}
	for _, folder := range []string{TakenFolder, RefusedFolder} {
		if entries, err := os.ReadDir(b.Path(folder)); len(entries) > 0 || err != nil {
			t.Errorf("%s holds %v, error %v", folder, entries, err)
		}
	}
}

// A file that stays where it is would be read again and again.
func TestFileThatCannotBeMovedIsAnError(t *testing.T) {
	b, _ := openBox(t)
	put(t, b, "a.npz", "x")
	if err := os.Remove(b.Path(TakenFolder)); err != nil {
		t.Fatal(err)
	}
	if err := b.Take("a.npz"); err == nil {
		t.Error("a file without a folder to go to was taken")
	}
}
