//go:build cuda

package driver

import (
	"encoding/binary"
	"slices"
)

// Images lists the targets of a fat binary as compute capabilities, 90 for 9.0, lowest first.
type Images struct {
	Machine []int // machine code: runs on this capability and on later ones of the same major number
	PTX     []int // PTX: the driver compiles it for this capability and all later ones
}

// Layout of nvcc's fat binary: a head, and for each entry a head and its code.
const (
	fatMagic      = 0xba55ed50
	fatHead       = 16
	entryLeast    = 32 // bytes of an entry's head that imagesOf reads
	kindPTX       = 1
	kindMachine   = 2
	entryHeadAt   = 4  // uint32: bytes of the head
	entryCodeAt   = 8  // uint64: bytes of the code after it
	entryTargetAt = 28 // uint32: compute capability
)

// imagesOf reads the heads of a fat binary. It returns false for other bytes or another form.
func imagesOf(image string) (Images, bool) {
	var found Images
	data := []byte(image)
	if len(data) < fatHead || binary.LittleEndian.Uint32(data) != fatMagic {
		return found, false
	}
	head, all := int(binary.LittleEndian.Uint16(data[6:])), binary.LittleEndian.Uint64(data[8:])
	if head < fatHead || head > len(data) || all > uint64(len(data)-head) {
		return found, false
	}
	for data = data[head : head+int(all)]; len(data) >= entryLeast; {
		bytes := uint64(binary.LittleEndian.Uint32(data[entryHeadAt:])) + binary.LittleEndian.Uint64(data[entryCodeAt:])
		if bytes < entryLeast || bytes > uint64(len(data)) {
			return Images{}, false
		}
		target := int(binary.LittleEndian.Uint32(data[entryTargetAt:]))
		switch binary.LittleEndian.Uint16(data) {
		case kindPTX:
			found.PTX = append(found.PTX, target)
		case kindMachine:
			found.Machine = append(found.Machine, target)
		}
		data = data[bytes:]
	}
	slices.Sort(found.Machine)
	slices.Sort(found.PTX)
	return found, len(found.Machine)+len(found.PTX) > 0
}
