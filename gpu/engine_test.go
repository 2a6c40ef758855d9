//go:build cuda

package gpu

import (
	"errors"
	"runtime"
	"slices"
	"strings"
	"testing"
	"unsafe"

	"gorgonia.org/tensor"

	"github.com/palmal-rl/palmal/nn"
)

// onDevice is a tensor of n numbers on the device.
func onDevice(e *Engine, n int) *tensor.Dense {
	return tensor.New(tensor.Of(tensor.Float32), tensor.WithShape(n), tensor.WithEngine(e))
}

func numbersAt(t *testing.T, e *Engine, mem tensor.Memory) []float32 {
	t.Helper()
	host, err := e.Accessible(mem)
	if err != nil {
		t.Fatal(err)
	}
	defer runtime.KeepAlive(host)
	at := host.Uintptr()
	return slices.Clone(unsafe.Slice(*(**float32)(unsafe.Pointer(&at)), int(host.MemSize()/4)))
}

// openEngine opens a backend and finds, when it is closed, tensors that nobody gave back.
func openEngine(t *testing.T) *Backend {
	b := open(t)
	t.Cleanup(func() {
		if err := b.Close(); err != nil {
			t.Error(err)
		}
	})
	return b
}

func TestEngineMovesTensorsThroughTheDevice(t *testing.T) {
	b := openEngine(t)
	e := b.Engine()
	host := nn.Matrix([]float32{1, -2, 3.5, 4}, 4)
	x, y := onDevice(e, 4), onDevice(e, 4)
	if x.IsNativelyAccessible() {
		t.Error("a tensor on the device passes for one on the host")
	}
	back := nn.Matrix(make([]float32, 4), 4)
	if err := errors.Join(e.Memcpy(x, host), e.Memcpy(y, x), e.Memcpy(back, y)); err != nil {
		t.Fatal(err)
	}
	want := host.Data().([]float32)
	if got := back.Data().([]float32); !slices.Equal(got, want) || !slices.Equal(numbersAt(t, e, x), want) {
		t.Errorf("%v went through the device and came back as %v and %v", want, got, numbersAt(t, e, x))
	}
	if err := e.Memset(x, float32(7)); err != nil || !slices.Equal(numbersAt(t, e, x), []float32{7, 7, 7, 7}) {
		t.Errorf("%v after a fill with 7: %v", numbersAt(t, e, x), err)
	}
	e.Memclr(x)
	if got := numbersAt(t, e, x); !slices.Equal(got, make([]float32, 4)) || !slices.Equal(numbersAt(t, e, y), want) {
		t.Errorf("cleared: %v, its neighbour %v", got, numbersAt(t, e, y))
	}
	if err := errors.Join(e.Free(x, 16), e.Free(y, 16)); err != nil {
		t.Error(err)
	}
}

func TestEngineRefusesWhatIsNotItsOwn(t *testing.T) {
	b := openEngine(t)
	e, other := b.Engine(), b.Engine()
	x, host := onDevice(e, 4), nn.Matrix(make([]float32, 8), 8)
	_, tooMuch := e.Alloc(1 << 50)
	_, nothing := e.Alloc(0)
	_, foreign := other.Accessible(x)
	other.Memclr(x)
	for what, c := range map[string]struct {
		err  error
		says string
	}{
		"more than there is":            {tooMuch, "lower buffer"},
		"nothing":                       {nothing, "0 bytes"},
		"a foreign tensor":              {foreign, "no memory of this engine"},
		"clearing one, told afterwards": {other.Memcpy(x, nn.Matrix(make([]float32, 4), 4)), "no memory of this engine"},
		"freeing one":                   {other.Free(x, 16), "no memory of this engine"},
		"a larger tensor":               {e.Memcpy(x, host), "32 bytes into 16"},
		"two tensors of the host":       {e.Memcpy(host, host), "neither"},
		"a fill with text":              {e.Memset(x, "7"), "string"},
	} {
		if c.err == nil || !strings.Contains(c.err.Error(), c.says) {
			t.Errorf("%s: %v does not say %q", what, c.err, c.says)
		}
	}
	if !errors.Is(tooMuch, nn.ErrMemory) {
		t.Errorf("%v is not %v", tooMuch, nn.ErrMemory)
	}
	if err := e.Free(x, 16); err != nil {
		t.Error(err)
	}
	if err := e.Free(x, 16); err == nil {
		t.Error("freed twice")
	}
}

// A backend reads tensors of the host. One of the device would be read at an address of another memory.
func TestBackendRefusesTensorsOfTheDevice(t *testing.T) {
	b := openEngine(t)
	e := b.Engine()
	columns := madeUp(2, 3, 3, 1)
	columns.Observations = tensor.New(tensor.Of(tensor.Float32), tensor.WithShape(2, 4, 3), tensor.WithEngine(e))
	_, err := b.UploadPaths(columns)
	if err == nil || !strings.Contains(err.Error(), "on a device") {
		t.Errorf("%v does not say that the observations lie on a device", err)
	}
	if err := e.Free(columns.Observations, 96); err != nil {
		t.Error(err)
	}
}
