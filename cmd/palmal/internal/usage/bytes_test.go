package usage

import (
	"strings"
	"testing"
)

func TestBytesAreReadWithUnits(t *testing.T) {
	for text, want := range map[string]int64{
		"8GiB": 8 << 30, "1.5 GiB": 3 << 29, "512mib": 512 << 20, "4 KiB": 4096, "2TiB": 2 << 40, "500MB": 500e6, "1kB": 1000,
		"80GB": 80e9, "1_048_576": 1 << 20, "7": 7, "7B": 7, "1e9": 1e9,
	} {
		if got, err := Bytes(text); err != nil || got != want {
			t.Errorf("%q is %d, %v; want %d", text, got, err, want)
		}
	}
	for _, text := range []string{"", "GiB", "0", "0GiB", "-1", "-8GiB", "0.5", "8G", "8 gigabytes", "1e300", "nan", "inf", "infTiB", "9e18TiB", "8GiBs", "0x10"} {
		if got, err := Bytes(text); err == nil || !strings.Contains(err.Error(), "want a number of bytes") {
			t.Errorf("%q is taken for %d bytes: %v", text, got, err)
		}
	}
}
