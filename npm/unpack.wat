;; Makes the module from its text. scripts/pack.mjs makes the text, and describes the format. The unpacker is WebAssembly, because
;; a browser compiles WebAssembly at once, and would interpret a loop in JavaScript for 30 ms and more.
;;
;; Memory: from 0, the next place in each stream, four bytes for each; from 128, the table of tokens; from 1024, the text; from
;; 524288, the module.
(module
  (memory (export "memory") 16)
  (global $end (mut i32) (i32.const 524288))
  (global $address (mut i64) (i64.const 0))

  ;; The next character of a stream; $stream is four times its number.
  (func $character (param $stream i32) (result i32)
    (local $place i32)
    (local.set $place (i32.load (local.get $stream)))
    (i32.store (local.get $stream) (i32.add (local.get $place) (i32.const 1)))
    (i32.load8_u (local.get $place)))

  ;; The next number of a stream: 80 digits end a number, 12 further digits come before the end.
  (func $number (param $stream i32) (result i64)
    (local $number i64) (local $digit i64)
    (loop $digits (result i64)
      (local.set $digit (i64.sub (i64.extend_i32_u (call $character (local.get $stream))) (i64.const 35)))
      (if (result i64) (i64.lt_u (local.get $digit) (i64.const 80))
        (then (i64.add (i64.mul (local.get $number) (i64.const 80)) (local.get $digit)))
        (else
          (local.set $number (i64.add (i64.mul (local.get $number) (i64.const 12)) (i64.sub (local.get $digit) (i64.const 79))))
          (br $digits)))))

  ;; The next byte: most bytes are themselves, the others are two characters.
  (func $byte (result i32)
    (local $byte i32)
    (if (i32.gt_u (local.tee $byte (call $character (i32.const 4))) (i32.const 122))
      (then (local.set $byte (i32.add (i32.shl (local.get $byte) (i32.const 6)) (call $character (i32.const 4))))))
    (local.get $byte))

  (func $write_byte (param $byte i32)
    (i32.store8 (global.get $end) (local.get $byte))
    (global.set $end (i32.add (global.get $end) (i32.const 1))))

  ;; Writes a number as LEB128; $is_signed is 0 or 1.
  (func $write_number (param $number i64) (param $is_signed i64)
    (local $low i64) (local $is_more i32)
    (loop $groups
      (local.set $low (i64.and (local.get $number) (i64.const 127)))
      (local.set $number (i64.shr_s (local.get $number) (i64.const 7)))
      ;; Nothing is left except the sign, which this group shows.
      (local.set $is_more
        (i64.ne (local.get $number)
          (i64.sub (i64.const 0) (i64.and (i64.shr_u (local.get $low) (i64.const 6)) (local.get $is_signed)))))
      (call $write_byte (i32.or (i32.wrap_i64 (local.get $low)) (i32.shl (local.get $is_more) (i32.const 7))))
      (br_if $groups (local.get $is_more))))

  ;; Writes what a token stands for. Returns whether it ends a region.
  (func $token (param $token i32) (result i32)
    (local $flags i32) (local $start i32) (local $length i32) (local $stream i32) (local $number i64) (local $is_signed i32)
    (local.set $token (i32.mul (local.get $token) (i32.const 3)))
    (local.set $flags (i32.load8_u offset=128 (local.get $token)))
    ;; Two other tokens.
    (if (i32.eq (local.get $flags) (i32.const 3))
      (then
        (drop (call $token (i32.load8_u offset=129 (local.get $token))))
        (return (call $token (i32.load8_u offset=130 (local.get $token))))))
    (i32.store16 (global.get $end) (i32.load16_u offset=129 (local.get $token)))
    (global.set $end (i32.add (global.get $end) (i32.and (local.get $flags) (i32.const 3))))
    (local.set $stream (i32.and (local.get $flags) (i32.const 252)))
    (if (i32.eq (local.get $stream) (i32.const 252))
      (then (return (i32.const 1))))
    (if (i32.eq (local.get $stream) (i32.const 248))
      (then
        ;; The length of a region comes before the region, and is known after it.
        (local.set $start (global.get $end))
        (call $region)
        (local.set $length (i32.sub (global.get $end) (local.get $start)))
        (memory.copy (i32.add (local.get $start) (i32.const 5)) (local.get $start) (local.get $length))
        (global.set $end (local.get $start))
        (call $write_number (i64.extend_i32_u (local.get $length)) (i64.const 0))
        (memory.copy (global.get $end) (i32.add (local.get $start) (i32.const 5)) (local.get $length))
        (global.set $end (i32.add (global.get $end) (local.get $length))))
      (else
        (if (i32.eq (local.get $stream) (i32.const 4))
          (then (call $write_byte (call $byte)))
          (else
            (if (local.get $stream)
              (then
                (local.set $number (call $number (local.get $stream)))
                (if (local.tee $is_signed (i32.lt_u (i32.sub (local.get $stream) (i32.const 12)) (i32.const 16)))
                  (then
                    ;; Zigzag: 0, -1, 1, -2 …
                    (local.set $number
                      (i64.xor (i64.shr_u (local.get $number) (i64.const 1)) (i64.sub (i64.const 0) (i64.and (local.get $number) (i64.const 1)))))))
                (if (i32.lt_u (local.get $stream) (i32.const 16))
                  (then
                    (if (local.get $is_signed)
                      (then (global.set $address (local.tee $number (i64.add (global.get $address) (local.get $number))))))
                    (i32.store (global.get $end) (i32.wrap_i64 (local.get $number)))
                    (global.set $end (i32.add (global.get $end) (i32.const 4))))
                  (else (call $write_number (local.get $number) (i64.extend_i32_u (local.get $is_signed)))))))))))
    (i32.const 0))

  ;; Writes what the tokens stand for, until a token ends the region.
  (func $region
    (loop $tokens
      (br_if $tokens (i32.eqz (call $token (i32.wrap_i64 (call $number (i32.const 0))))))))

  ;; Makes the module from the text that ends at $place. Returns where the module ends.
  (func (export "unpack") (param $place i32) (result i32)
    (local $stream i32) (local $token i32) (local $size i32)
    (i32.store (i32.const 0) (i32.const 1024))
    ;; The lengths of the streams, the last one first.
    (local.set $stream (i32.const 76))
    (loop $streams
      (local.set $place (i32.sub (local.get $place) (i32.wrap_i64 (call $number (i32.const 0)))))
      (i32.store (local.get $stream) (local.get $place))
      (br_if $streams (local.tee $stream (i32.sub (local.get $stream) (i32.const 4)))))
    ;; The table.
    (local.set $size (i32.wrap_i64 (call $number (i32.const 0))))
    (loop $table
      (i32.store8 offset=128 (local.get $token) (call $byte))
      (br_if $table (i32.lt_u (local.tee $token (i32.add (local.get $token) (i32.const 1))) (local.get $size))))
    (call $region)
    (global.get $end)))
