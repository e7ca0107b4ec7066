/** Where the stand-ins of servers keep their data, below `.engine/`. */
export const LOCAL_STORES: readonly string[] = ['embedded', 'topics'];
