//go:build unix

package disk

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func text(words string) func(io.Writer) error {
	return func(w io.Writer) error {
		_, err := io.WriteString(w, words)
		return err
	}
}

func holds(t *testing.T, path, want string) {
	t.Helper()
	if got, err := os.ReadFile(path); err != nil || string(got) != want {
		t.Errorf("%s holds %q, want %q, error %v", path, got, want, err)
	}
}

// leavesNothing checks that no draft is left below a directory.
func leavesNothing(t *testing.T, directory string) {
	t.Helper()
	must(t, filepath.Walk(directory, func(path string, _ os.FileInfo, err error) error {
		if Leftover(filepath.Base(path)) {
			t.Errorf("left %s", path)
		}
		return err
	}))
}

// TestOutputsGoWhereTheOperatingSystemLeads writes by links, to files that exist or not, to pipes and
// devices.
func TestOutputsGoWhereTheOperatingSystemLeads(t *testing.T) {
	t.Chdir(t.TempDir())
	must(t, errors.Join(os.Mkdir("a", 0o700), os.WriteFile("a/old", []byte("old"), 0o640), os.Symlink("a/old", "link"),
		os.Symlink("a/new", "dangling"), os.Symlink("link", "twice"), os.Symlink("a", "folder"), syscall.Mkfifo("pipe", 0o600)))
	for path, place := range map[string]string{"plain": "plain", "x/y/z": "x/y/z", "link": "a/old", "dangling": "a/new", "twice": "a/old",
		"folder/below": "a/below", "./a//old": "a/old", "folder/../up": "up"} {
		must(t, Output{Path: path}.Check())
		must(t, Output{Path: path}.Write(text("for "+path)))
		holds(t, place, "for "+path)
	}
	for _, link := range []string{"link", "dangling", "twice", "folder"} {
		if info, err := os.Lstat(link); err != nil || info.Mode()&os.ModeSymlink == 0 {
			t.Errorf("%s is no link any more", link)
		}
	}
	if info, err := os.Stat("a/old"); err != nil || info.Mode().Perm() != 0o640 {
		t.Errorf("permissions became %v", info.Mode())
	}
	read := make(chan string)
	go func() {
		got, _ := os.ReadFile("pipe") // returns once it is written and closed
		read <- string(got)
	}()
	must(t, Output{Path: "pipe"}.Write(text("through")))
	if got := <-read; got != "through" {
		t.Errorf("read %q from the pipe", got)
	}
	leavesNothing(t, ".")
}

// TestOutputsThatCannotBeWrittenLeaveTheOldOne lets writing fail before and during it.
func TestOutputsThatCannotBeWrittenLeaveTheOldOne(t *testing.T) {
	t.Chdir(t.TempDir())
	must(t, errors.Join(os.WriteFile("old", []byte("old"), 0o600), os.Mkdir("directory", 0o700), os.Symlink("/dev/full", "full")))
	failure := errors.New("half-way")
	err := Output{Path: "old"}.Write(func(w io.Writer) error {
		_, err := io.WriteString(w, "new")
		return errors.Join(err, failure)
	})
	if !errors.Is(err, failure) {
		t.Errorf("error %v", err)
	}
	holds(t, "old", "old")
	if err := (Output{Path: "full"}).Write(text("x")); !errors.Is(err, syscall.ENOSPC) {
		t.Errorf("to a full device: %v", err)
	}
	for path, want := range map[string]string{"directory": "is a directory", "old/x": "not a directory"} {
		if err := (Output{Path: path}).Check(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: error %v, want %q", path, err, want)
		}
	}
	leavesNothing(t, ".")
}

// TestWhatTheProgramChoseGoesThroughNoLink: inside a directory the program writes to nobody's files.
func TestWhatTheProgramChoseGoesThroughNoLink(t *testing.T) {
	t.Chdir(t.TempDir())
	must(t, errors.Join(os.WriteFile("precious", []byte("precious"), 0o600), os.MkdirAll("run/plots", 0o700), os.Mkdir("elsewhere", 0o700),
		os.Symlink("../../precious", "run/plots/a.svg"), os.MkdirAll("other", 0o700), os.Symlink("../elsewhere", "other/plots"),
		os.Symlink("run", "link")))
	for _, out := range []Output{In("run", "plots/a.svg"), In("run//", "plots/a.svg"), In("other", "plots/b.svg")} {
		if err := out.Write(text("x")); !errors.Is(err, ErrKind) {
			t.Errorf("%+v: error %v", out, err)
		}
	}
	holds(t, "precious", "precious")
	if names, err := os.ReadDir("elsewhere"); err != nil || len(names) > 0 {
		t.Errorf("elsewhere: %v", names)
	}
	must(t, In("link", "plots/b.svg").Write(text("through the user's link")))
	holds(t, "run/plots/b.svg", "through the user's link")
	must(t, In("new", "plots/b.svg").Write(text("new")))
	leavesNothing(t, ".")
}

// TestDraftsOfKilledProcessesGo, and those that are being written stay.
func TestDraftsOfKilledProcessesGo(t *testing.T) {
	t.Chdir(t.TempDir())
	must(t, os.WriteFile(Writing+"film", []byte("half"), 0o600))
	draft, err := Output{Path: "film"}.Begin()
	must(t, err)
	second, err := Output{Path: "film"}.Begin()
	must(t, err)
	if draft.Name() == second.Name() {
		t.Fatalf("two write %s", draft.Name())
	}
	must(t, errors.Join(text("first")(draft), text("second")(second)))
	must(t, draft.Commit())
	holds(t, "film", "first")
	must(t, second.Commit())
	holds(t, "film", "second")
	leavesNothing(t, ".")
}

// TestAFileInADirectoryThatCannotBeWrittenIsWrittenInPlace, as the operating system would.
func TestAFileInADirectoryThatCannotBeWrittenIsWrittenInPlace(t *testing.T) {
	if os.Getuid() == 0 { // who may write everywhere
		t.Log("root: the file is replaced")
	}
	t.Chdir(t.TempDir())
	must(t, errors.Join(os.Mkdir("closed", 0o700), os.WriteFile("closed/file", []byte("a longer text"), 0o600), os.Chmod("closed", 0o500)))
	defer os.Chmod("closed", 0o700)
	must(t, Output{Path: "closed/file"}.Write(text("new")))
	holds(t, "closed/file", "new")
}
