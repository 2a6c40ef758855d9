//go:build cuda

package driver

import (
	"encoding/binary"
	"os"
	"slices"
	"strings"
	"testing"
)

// entry returns an entry of a fat binary: code of a kind for a compute capability.
func entry(kind, target int) string {
	const head, code = 64, 24
	b := make([]byte, head+code)
	binary.LittleEndian.PutUint16(b, uint16(kind))
	binary.LittleEndian.PutUint32(b[entryHeadAt:], head)
	binary.LittleEndian.PutUint64(b[entryCodeAt:], code)
	binary.LittleEndian.PutUint32(b[entryTargetAt:], uint32(target))
	return string(b)
}

func fatBinary(entries ...string) string {
	all := strings.Join(entries, "")
	b := make([]byte, fatHead)
	binary.LittleEndian.PutUint32(b, fatMagic)
	binary.LittleEndian.PutUint16(b[6:], fatHead)
	binary.LittleEndian.PutUint64(b[8:], uint64(len(all)))
	return string(b) + all
}

func TestImagesAreReadFromTheirHeads(t *testing.T) {
	whole := fatBinary(entry(kindMachine, 90), entry(kindPTX, 90), entry(kindMachine, 70))
	got, ok := imagesOf(whole)
	if !ok || !slices.Equal(got.Machine, []int{70, 90}) || !slices.Equal(got.PTX, []int{90}) {
		t.Errorf("%+v, %v", got, ok)
	}
	for length := range len(whole) {
		if _, ok := imagesOf(whole[:length]); ok {
			t.Errorf("the first %d of %d bytes are taken for a whole fat binary", length, len(whole))
		}
	}
	if _, ok := imagesOf(fatBinary()); ok {
		t.Error("a fat binary without code is taken for one")
	}
}

// The heads have the form of nvcc's.
func TestImagesOfTheKernels(t *testing.T) {
	image, err := os.ReadFile("../../../cuda/build/kernels.fatbin")
	if err != nil {
		t.Skipf("NOT TESTED: %v; make kernels builds it", err)
	}
	got, ok := imagesOf(string(image))
	if !ok || !slices.Contains(got.Machine, 70) || !slices.Contains(got.Machine, 90) || len(got.PTX) == 0 {
		t.Errorf("%d bytes of kernels hold %v, %v; cuda/build.sh makes sm_70, sm_90 and PTX", len(image), got, ok)
	}
}

// Each device is judged in words: by its driver first, then by the code for it.
func TestSupportIsSaidInWords(t *testing.T) {
	images := Images{Machine: []int{70, 80, 90}, PTX: []int{90}}
	device := func(capability, driver int) Properties {
		return Properties{Major: capability / 10, Minor: capability % 10, Driver: driver}
	}
	prohibited := device(90, 12040)
	prohibited.Mode = ModeProhibited
	for _, c := range []struct {
		what  string
		p     Properties
		runs  bool
		words string
	}{
		{"an H100", device(90, 12040), true, "runs machine code for sm_90"},
		{"an RTX 3090", device(86, 12040), true, "runs machine code for sm_80"},
		{"a T4", device(75, 11080), true, "runs machine code for sm_70"},
		{"a V100 with an early driver", device(70, 11000), true, "for one launch each they need a driver for CUDA 11.8"},
		{"a GTX 1080", device(61, 12040), false, "this build has no kernels for sm_61: it has sm_70, sm_80, sm_90, PTX for compute_90"},
		{"a B200", device(100, 13000), true, "the driver compiles the kernels for sm_100 at the first start"},
		{"a B200 with an early driver", device(100, 11070), false, "cannot compile its kernels: that needs a driver for CUDA 11.8 or newer"},
		{"a driver of the time before", device(70, 10020), false, "the driver supports CUDA 10.2; this build, made with CUDA 11.8, needs a driver for CUDA 11.0 or newer"},
		{"a device for nobody", prohibited, false, "prohibits programs"},
	} {
		if got := support(c.p, images, true, 11080); got.Runs != c.runs || !strings.Contains(got.Words, c.words) {
			t.Errorf("%s: %+v, want %v and %q", c.what, got, c.runs, c.words)
		}
	}
	if got := support(device(61, 12040), Images{}, false, 11080); !got.Runs {
		t.Errorf("a build with unknown code: %+v", got)
	}
}
