// What the C++ compiler knows of a kernel's parameters, as text, and calls with an argument table as cuLaunchKernel's.
#pragma once

struct half_t;  // common.cuh defines them
struct bfloat_t;

namespace emu {

// NumPy's name of a type; a struct is known by its size alone.
template <class T>
struct TypeName {
    static constexpr const char* value = "struct";
};
#define EMU_TYPE(T, text)                          \
    template <>                                    \
    struct TypeName<T> {                           \
        static constexpr const char* value = text; \
    };
EMU_TYPE(void, "void")
EMU_TYPE(bool, "bool")
EMU_TYPE(char, "int8")
EMU_TYPE(signed char, "int8")
EMU_TYPE(unsigned char, "uint8")
EMU_TYPE(short, "int16")
EMU_TYPE(unsigned short, "uint16")
EMU_TYPE(int, "int32")
EMU_TYPE(unsigned, "uint32")
EMU_TYPE(long, "int64")
EMU_TYPE(unsigned long, "uint64")
EMU_TYPE(long long, "int64")
EMU_TYPE(unsigned long long, "uint64")
EMU_TYPE(float, "float32")
EMU_TYPE(double, "float64")
EMU_TYPE(half_t, "float16")
EMU_TYPE(bfloat_t, "bfloat16")
#undef EMU_TYPE

// A parameter's type in parts: const T* is {"T", pointer, const}.
template <class T>
struct Parts {
    using Type = T;
    static constexpr bool pointer = false, constant = false;
    static constexpr unsigned size = sizeof(T);
};
template <class T>
struct Parts<T*> {
    using Type = T;
    static constexpr bool pointer = true, constant = false;
    static constexpr unsigned size = sizeof(T*);
};
template <class T>
struct Parts<const T*> {
    using Type = T;
    static constexpr bool pointer = true, constant = true;
    static constexpr unsigned size = sizeof(T*);
};

struct ParameterType {
    const char* name;
    int pointer, constant;
    unsigned size;
};

template <class... Ts>
inline int signature(void (*)(Ts...), ParameterType* out) {
    const ParameterType all[] = {
        {TypeName<typename Parts<Ts>::Type>::value, Parts<Ts>::pointer, Parts<Ts>::constant, Parts<Ts>::size}...,
        {nullptr, 0, 0, 0},
    };
    for (unsigned i = 0; i < sizeof...(Ts); ++i) out[i] = all[i];
    return sizeof...(Ts);
}

template <int...>
struct Indices {};

template <class... Ts, int... i>
__attribute__((no_sanitize("thread"))) inline void call(void (*kernel)(Ts...), void** arguments, Indices<i...>) {
    kernel(*static_cast<Ts*>(arguments[i])...);
}

template <class... Ts>
__attribute__((no_sanitize("thread"))) inline void call(void (*kernel)(Ts...), void** arguments) {
    call(kernel, arguments, Indices<__integer_pack(sizeof...(Ts))...>());
}

// A row of the table that a module of kernels exports.
struct Entry {
    const char* name;
    void (*call)(void** arguments);
    int (*signature)(ParameterType* out);
    unsigned most_threads;
};

// The first argument of __launch_bounds__, if there is one.
constexpr unsigned most_threads(unsigned threads = 1024, unsigned = 0, unsigned = 0) { return threads; }

}  // namespace emu
