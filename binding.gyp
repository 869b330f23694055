{
  "targets": [
    {
      "target_name": "treebus",
      "sources": [
        "native/binding/module.cpp",
        "native/binding/codec.cpp",
        "native/binding/link.cpp",
        "native/binding/waker.cpp",
        "native/os/segment.cpp",
        "native/os/doorbell.cpp"
      ],
      "include_dirs": ["<!(node -p \"require('node-addon-api').include_dir\")"],
      "defines": ["NAPI_VERSION=8", "NODE_ADDON_API_DISABLE_DEPRECATED", "NODE_ADDON_API_DISABLE_CPP_EXCEPTIONS",
                  "NODE_API_SWALLOW_UNTHROWABLE_EXCEPTIONS"],
      "cflags_cc": ["-std=c++20", "-O3", "-fno-exceptions", "-Wall", "-Wextra"],
      "cflags_cc!": ["-std=gnu++17", "-fno-rtti"],
      "xcode_settings": {
        "CLANG_CXX_LANGUAGE_STANDARD": "c++20",
        "MACOSX_DEPLOYMENT_TARGET": "11.0"
      },
      "conditions": [["OS=='linux'", { "libraries": ["-lrt"] }]]
    }
  ]
}
