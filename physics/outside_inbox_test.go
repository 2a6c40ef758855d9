package physics

import (
	"os"
	"testing"
)

// inboxWorld is an inbox in an empty folder, and what it says.
func inboxWorld(t *testing.T) (b *inbox, said *[]string) {
	t.Helper()
	said = new([]string)
	b, err := newInbox(t.TempDir(), &outside{task: robotTaskOf(t), store: memory{}, say: func(text string) { *said = append(*said, text) }})
	if err != nil {
		t.Fatal(err)
	}
	b.taken = map[string]bool{}
	return b, said
}

// A file that its owner removes after it was listed is no mistake of anybody.
func TestFileThatIsGoneIsSkipped(t *testing.T) {
	b, said := inboxWorld(t)
	if batch, err := b.look("gone.jsonl"); batch != nil || err != nil || len(*said) > 0 {
		t.Errorf("batch %v, error %v, said %q", batch, err, *said)
	}
	if reasons, err := os.ReadDir(b.Path("refused")); len(reasons) > 0 || err != nil {
		t.Errorf("refused: %v, error %v", reasons, err)
	}
	if err := os.WriteFile(b.Path("wrong.jsonl"), []byte("no JSON"), 0o666); err != nil {
		t.Fatal(err)
	}
	if batch, err := b.look("wrong.jsonl"); batch != nil || err != nil || len(*said) != 1 {
		t.Errorf("a file that is there: batch %v, error %v, said %q; want it refused", batch, err, *said)
	}
}
