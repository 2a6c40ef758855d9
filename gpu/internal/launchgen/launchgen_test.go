package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// The file in the repository is what the kernels in the repository give.
func TestLaunchesAreUpToDate(t *testing.T) {
	out := filepath.Join(t.TempDir(), "launch_gen.go")
	if err := generate("../../../cuda", out); err != nil {
		t.Fatal(err)
	}
	want, err := os.ReadFile(out)
	if err != nil {
		t.Fatal(err)
	}
	have, err := os.ReadFile("../../launch_gen.go")
	if err != nil {
		t.Fatal(err)
	}
	if string(have) != string(want) {
		t.Error("gpu/launch_gen.go is out of date; run: go generate ./gpu")
	}
}

func TestSignaturesBecomeGo(t *testing.T) {
	text, err := goText(t, `
#define PARTS 2
struct Inner { int64_t n; double rate; };
struct Outer { const float *x, *y; Inner parts[PARTS]; const Inner* more; }; // taken
struct Private { float4 v; };
// extern "C" __global__ void commented_out(int64_t n) {}
extern "C" __global__ void __launch_bounds__(256)
adam_step(const Outer outer, float* __restrict__ w, uint8_t* flags, int64_t n, double type) {}
`)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		"deviceParts = 2",
		"func launchAdamStep(q *driver.Queue, shape driver.Shape, outer *outer, w driver.Ptr[float32], flags driver.Ptr[uint8], n int64, type_ float64) {",
		"parts [2]inner", "more  driver.Ptr[inner]", "words := make([]uint64, 0, 11)", "math.Float64bits(type_)", `"adam_step",`,
	} {
		if !strings.Contains(text, want) {
			t.Errorf("no %q in\n%s", want, text)
		}
	}
	if strings.Contains(text, "commented") || strings.Contains(text, "Private") {
		t.Errorf("too much in\n%s", text)
	}
}

func TestWrongSignaturesAreRefused(t *testing.T) {
	for code, want := range map[string]string{
		`extern "C" __global__ void k(float x) {}`:                                  "does not take 8 bytes",
		`extern "C" __global__ void k(int n) {}`:                                    "does not take 8 bytes",
		`extern "C" __global__ void k(float4* x) {}`:                                "no Go twin",
		`__global__ void k(int64_t n) {}`:                                           "not of the form",
		`struct S { int64_t n; float x; }; extern "C" __global__ void k(S s) {}`:    "does not take 8 bytes",
		`struct S { int64_t (*f)(); }; extern "C" __global__ void k(const S* s) {}`: "cannot be mirrored",
	} {
		if _, err := goText(t, code); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %v, want %q", code, err, want)
		}
	}
}

// goText is the Go file for one file of kernels.
func goText(t *testing.T, code string) (string, error) {
	t.Helper()
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "k.cu"), []byte(code), 0o644); err != nil {
		t.Fatal(err)
	}
	out := filepath.Join(dir, "out.go")
	if err := generate(dir, out); err != nil {
		return "", err
	}
	text, err := os.ReadFile(out)
	return string(text), err
}
