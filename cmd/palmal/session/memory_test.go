package session

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/palmal-rl/palmal/nn"
)

// TestMemoryIsAdvisedOnce: an error that says what to lower keeps its advice alone, however deep it lies; any other one of memory
// gets some.
func TestMemoryIsAdvisedOnce(t *testing.T) {
	const advice = "lower npg.starts_per_member first"
	said := fmt.Errorf("fit: %w", &nn.Advised{Err: fmt.Errorf("lower buffer: %w", nn.ErrMemory)})
	for err, want := range map[error]bool{said: false, fmt.Errorf("fit: %w", nn.ErrMemory): true, errors.New("another"): false} {
		got := AdviseMemory(err)
		if !errors.Is(got, err) || strings.Contains(got.Error(), advice) != want {
			t.Errorf("%v became %v", err, got)
		}
	}
}
