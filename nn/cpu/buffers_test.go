package cpu

import "testing"

func TestBuffersComeBack(t *testing.T) {
	var b buffers
	large, small := b.take(1000), b.take(100)
	b.give(large)
	b.give(small)
	if got := b.take(90); &got[0] != &small[0] || len(got) != 90 {
		t.Errorf("a small array is not the small one given back")
	}
	if got := b.take(400); cap(got) == 1000 {
		t.Errorf("an array of 400 takes one of 1000: too much is wasted")
	}
	if got := b.take(600); &got[0] != &large[0] {
		t.Errorf("an array of 600 does not take the one of 1000")
	}
}

func TestBuffersThatNobodyTakesGo(t *testing.T) {
	var b buffers
	b.give(make([]float32, 5000))
	for range 2 * longestWait {
		b.give(b.take(10))
	}
	if len(b.free) != 1 {
		t.Errorf("%d arrays wait, want 1", len(b.free))
	}
}

func TestArenaKeepsItsBlock(t *testing.T) {
	var a arena[float32]
	use := func() {
		a.release(mark{})
		first := a.take(100)
		m := a.mark()
		second := a.take(3000)
		first[99], second[0] = 1, 2
		if first[99] != 1 {
			t.Fatalf("two slices overlap")
		}
		a.release(m)
		if third := a.take(5); &third[0] != &second[0] && a.generation == m.generation {
			t.Errorf("what was released is not handed out again")
		}
	}
	for range 3 {
		use()
	}
	if n := testing.AllocsPerRun(10, use); n != 0 {
		t.Errorf("an arena that saw the sizes before allocates %g times", n)
	}
}
